import type { SessionFacts } from '../model/session.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';

type Facts = SessionFacts | undefined;

/**
 * What every reader finds in a request. Synchronous as long as the readers are: the guard's usual path waits for
 * nothing.
 */
export function readSessions(
  readers: readonly SessionReader[],
  request: SessionRequest,
): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
  const found: (Facts | Promise<Facts>)[] = [];
  try {
    for (const reader of readers) {
      const facts = reader.read(request);
      if (facts !== undefined) found.push(facts);
    }
  } catch (error) {
    // Nobody waits for the others any more: what they throw would end the process.
    for (const facts of found) Promise.resolve(facts).catch(() => undefined);
    throw error;
  }
  return found.some((facts) => facts !== undefined && 'then' in facts)
    ? allOf(found)
    : (found as SessionFacts[]);
}

async function allOf(found: readonly (Facts | Promise<Facts>)[]): Promise<SessionFacts[]> {
  const all = await Promise.all(found.map((facts) => Promise.resolve(facts)));
  return all.filter((facts) => facts !== undefined);
}

/** Whether some sessions are known only once a guard of the application has run: none found then says nothing. */
export const hasLateReaders = (readers: readonly SessionReader[]): boolean =>
  readers.some(({ isLate }) => isLate === true);

/** Whether the store of some session cannot be read now: none found then says nothing either. */
export const hasUnreadable = (readers: readonly SessionReader[], request: SessionRequest): boolean =>
  readers.some((reader) => reader.isUnreadable?.(request) === true);

/**
 * What every reader finds in a WebSocket handshake, for which no middleware of the application has run.
 * @param server the application's HTTP framework
 * @throws what the session store throws, when it cannot be read.
 */
export async function readHandshake(
  readers: readonly SessionReader[],
  request: SessionRequest,
  server: unknown,
): Promise<readonly SessionFacts[]> {
  for (const reader of readers) await reader.prepareHandshake?.(request, server);
  return readSessions(readers, request);
}
