import type { SessionFacts } from './session.js';
import { TokenReader } from './bearer-token-reader.js';
import { requestsOf, type SocketOpening } from './handshake-request.js';
import { latestSessions } from './latest-sessions.js';
import { readSessions } from './read-sessions.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';

/**
 * Reads the sessions of a WebSocket handshake by every reader. No middleware of the application has run for it.
 * @param server the application's HTTP framework
 * @throws the error of the session store, when the store cannot be read.
 * @throws {InvalidTokenException} when the handshake has too many tokens to verify.
 */
export const readHandshake = async (
  readers: readonly SessionReader[],
  opening: SocketOpening,
  server: unknown,
): Promise<readonly SessionFacts[]> =>
  readEach(readers, opening, requestsFor(readers, opening).map(ownView), async (request) => {
    for (const reader of readers) await reader.prepareHandshake?.(request, server);
  });

/**
 * As `readHandshake`, for connections that the application's own code serves. If no session is found, the session on the
 * request counts, which e.g. `io.engine.use(session)` sets: the application reads it even after its store has deleted it.
 */
export async function readSeenByApplication(
  readers: readonly SessionReader[],
  opening: SocketOpening,
  server: unknown,
): Promise<readonly SessionFacts[]> {
  const found = await readHandshake(readers, opening, server);
  return found.length > 0 ? found : readOpening(readers, opening);
}

/** All connections of a Socket.IO client share one request. A view of its own keeps the reads of a connection apart. */
const ownView = (request: SessionRequest): SessionRequest => Object.create(request) as SessionRequest;

/** As `readHandshake`, without running middlewares. Synchronous if the readers are and there is one token text. */
export function readOpening(
  readers: readonly SessionReader[],
  opening: SocketOpening,
): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
  const requests = requestsFor(readers, opening);
  const [only] = requests;
  return only !== undefined && requests.length === 1
    ? readSessions(readers, only, opening.handshake)
    : readEach(readers, opening, requests, () => Promise.resolve());
}

/** The module's own token readers look at all texts of a handshake. */
const isTokenReader = (reader: SessionReader): boolean => reader instanceof TokenReader;

const requestsFor = (readers: readonly SessionReader[], opening: SocketOpening): readonly SessionRequest[] =>
  readers.every(isTokenReader) ? [opening.request] : requestsOf(opening);

async function readEach(
  readers: readonly SessionReader[],
  { request: sent, handshake }: SocketOpening,
  requests: readonly SessionRequest[],
  prepare: (request: SessionRequest) => Promise<void>,
): Promise<readonly SessionFacts[]> {
  const [only] = requests;
  if (only !== undefined && requests.length === 1) {
    await prepare(only);
    return readSessions(readers, only, handshake);
  }
  const others = readers.filter((reader) => !isTokenReader(reader));
  const found: (readonly SessionFacts[])[] = [];
  for (const request of requests) {
    await prepare(request);
    found.push(await readSessions(others, request, handshake));
  }
  // A session that does not depend on the header comes from a cookie. It always counts, and counts once.
  const ofCookies = (found[0] ?? []).filter((facts) => found.every((list) => includes(list, facts)));
  const ofTokens = found.flat().filter((facts) => !includes(ofCookies, facts));
  const ofTokenReaders = await readSessions(readers.filter(isTokenReader), sent, handshake);
  return [...ofCookies, ...latestSessions([...ofTokens, ...ofTokenReaders])];
}

const includes = (list: readonly SessionFacts[], { userId, signedInAt }: SessionFacts): boolean =>
  list.some((facts) => String(facts.userId) === String(userId) && facts.signedInAt === signedInAt);
