import { TokenReader } from './bearer-token-reader.js';
import { latestSessions, readSessions } from './read-sessions.js';
import type { SessionReader, SessionRequest, TokenSource } from './session-reader.port.js';
import type { SessionFacts } from './session.js';
import { isTooLong } from './token-candidates.js';
import { handshakeTexts, InvalidTokenException } from './token-texts.js';

/** The request that opened a socket, with its tokens. */
export interface SocketOpening {
  /** The request as the client sent it, for readers of cookies and of `request.user`. */
  readonly request: SessionRequest;
  /** The source of the access tokens. */
  readonly handshake: TokenSource;
}

/** The used part of a Socket.IO socket. */
export interface SocketIoClient {
  readonly request: SessionRequest;
  readonly handshake: Omit<TokenSource, 'headers'>;
}

export function socketIoOpening({ request, handshake }: SocketIoClient): SocketOpening {
  // The handshake as the application knows it, with `auth` and `query`.
  const source = Object.create(handshake, { headers: { value: request.headers } }) as TokenSource;
  return { request, handshake: source };
}

/**
 * The opening of a WebSocket other than Socket.IO.
 * @param connectionParams the parameters that a client of graphql-ws sent
 */
export function webSocketOpening(request: SessionRequest, connectionParams?: unknown): SocketOpening {
  const source = Object.create(request, {
    headers: { value: request.headers },
    query: { value: queryOf(request) },
    connectionParams: { value: connectionParams },
  }) as TokenSource;
  return { request, handshake: source };
}

/**
 * The requests for the application's own readers, at least one. Such readers look for a token only in the Authorization header,
 * which browsers cannot set in a handshake. Each text that may be a token is the header of one of these requests.
 * @throws {InvalidTokenException} for more than 8 texts besides the header of the client, or for a text of more than 8 KiB
 */
export function requestsOf({ request, handshake }: SocketOpening): readonly SessionRequest[] {
  const values = new Set(handshakeTexts(handshake).map(asHeader));
  const { authorization: sent } = request.headers;
  if (sent !== undefined) values.add(sent);
  // Each of several requests is an object of its own, since middlewares put a session on it.
  return values.size === 0 || (values.size === 1 && values.has(sent ?? ''))
    ? [request]
    : [...values].map((authorization) => withAuthorization(request, authorization));
}

function asHeader(text: string): string {
  if (isTooLong(text)) throw new InvalidTokenException();
  return `Bearer ${text.trim().replace(/^bearer\s+/i, '')}`;
}

const withAuthorization = (request: SessionRequest, authorization: string): SessionRequest =>
  Object.create(request, { headers: { value: { ...request.headers, authorization } } }) as SessionRequest;

/** The query of the URL that opened the WebSocket. */
function queryOf(request: SessionRequest): Readonly<Record<string, unknown>> | undefined {
  const { url } = request as { url?: unknown };
  if (typeof url !== 'string') return undefined;
  const [, search] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
  if (search === undefined) return undefined;
  const query = new URLSearchParams(search);
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
}

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
