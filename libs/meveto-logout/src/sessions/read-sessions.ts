import type { SessionFacts } from './session.js';
import { gather } from './gather.js';
import { latestSessions } from './latest-sessions.js';
import type { SessionReader, SessionRequest, SessionsRead, TokenSource } from './session-reader.port.js';
import { usableFacts } from './usable-facts.js';

const READER = 'A session reader (its read or verify)';

/**
 * Reads the sessions of a request by every reader. Synchronous if the readers are.
 * @param handshake the source of tokens, if the request opened a socket
 * @throws {InvalidTokenException} when the request has too many tokens to verify.
 */
export function readSessions(
  readers: readonly SessionReader[],
  request: SessionRequest,
  handshake?: TokenSource,
): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
  const found = gather(readers, (reader) => reader.read(request, handshake));
  return found instanceof Promise
    ? found.then((later) => sessionsIn(readers, later))
    : sessionsIn(readers, found);
}

/**
 * All sessions count. Of the tokens of one user only the latest counts, since a client may still send an older one. Facts
 * without a usable user id are ignored.
 */
function sessionsIn(
  readers: readonly SessionReader[],
  found: readonly SessionsRead[],
): readonly SessionFacts[] {
  const sessions: SessionFacts[] = [];
  const ofTokens: SessionFacts[] = [];
  let index = 0;
  for (const reader of readers) {
    const read = found[index++];
    if (read === undefined) continue;
    const list = reader.readsTokens === true ? ofTokens : sessions;
    for (const facts of isList(read) ? read : [read]) {
      const usable = usableFacts(facts, reader, READER);
      if (usable !== undefined) list.push(usable);
    }
  }
  if (ofTokens.length === 0) return sessions;
  const latest = latestSessions(ofTokens);
  return sessions.length === 0 ? latest : [...sessions, ...latest];
}

const isList = (read: NonNullable<SessionsRead>): read is readonly SessionFacts[] => Array.isArray(read);

/** Whether a guard of the application may set some sessions later. Then a request without a session may still get one. */
export const hasLateReaders = (readers: readonly SessionReader[]): boolean =>
  readers.some(({ isLate }) => isLate === true);

/** Whether a session store cannot be read now. Then a request without a session may still have one. */
export const hasUnreadable = (readers: readonly SessionReader[], request: SessionRequest): boolean =>
  readers.some((reader) => reader.isUnreadable?.(request) === true);
