import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import { isUserId } from './fact-readers.js';
import type { SessionReader, SessionRequest, SessionsRead, TokenSource } from './session-reader.port.js';
import type { SessionFacts } from './session.js';

const READER = 'A session reader (its read or verify)';

/** What the readers found in one request, in the order of the readers. Nobody has to ask them again. */
export type ReadResults = readonly SessionsRead[];

/**
 * Asks every reader for the sessions of a request, once. Synchronous if the readers are.
 * @param handshake the source of tokens, if the request opened a socket
 * @throws {InvalidTokenException} when the request has too many tokens to verify.
 */
export const askReaders = (
  readers: readonly SessionReader[],
  request: SessionRequest,
  handshake?: TokenSource,
): ReadResults | Promise<ReadResults> => gather(readers, (reader) => reader.read(request, handshake));

/** The sessions of a request: `askReaders` and `sessionsIn`. */
export function readSessions(
  readers: readonly SessionReader[],
  request: SessionRequest,
  handshake?: TokenSource,
): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
  const found = askReaders(readers, request, handshake);
  return found instanceof Promise
    ? found.then((later) => sessionsIn(readers, later))
    : sessionsIn(readers, found);
}

/**
 * All sessions count. Of the tokens of one user only the latest counts, since a client may still send an older one. Facts
 * without a usable user id are ignored.
 */
export function sessionsIn(readers: readonly SessionReader[], found: ReadResults): readonly SessionFacts[] {
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

/**
 * Why a request shows no session: `none`, there is none; `late`, a guard of the application may set one; `unreadable`, the session
 * store cannot be read now. Only `none` is certain, and only then may a page be told to leave.
 */
export function absenceOf(
  readers: readonly SessionReader[],
  request: SessionRequest,
): 'none' | 'late' | 'unreadable' {
  // Check this before late readers: a page that had a session would otherwise regard the session as lost.
  if (readers.some((reader) => reader.isUnreadable?.(request) === true)) return 'unreadable';
  return hasLateReaders(readers) ? 'late' : 'none';
}

/**
 * Selects the sessions of tokens that count: for each user the session that began last. A later session is never over before
 * an earlier one, so it is live if any of the user's sessions is live. Sessions without a usable start all count.
 */
export function latestSessions(sessions: readonly SessionFacts[]): readonly SessionFacts[] {
  if (sessions.length < 2) return sessions;
  const latest = new Map<string, SessionFacts & { readonly signedInAt: number }>();
  const startless: SessionFacts[] = [];
  for (const session of sessions) {
    const user = String(session.userId);
    if (!hasStart(session)) startless.push(session);
    else if (session.signedInAt > (latest.get(user)?.signedInAt ?? Number.NEGATIVE_INFINITY))
      latest.set(user, session);
  }
  return [...latest.values(), ...startless];
}

const hasStart = (session: SessionFacts): session is SessionFacts & { readonly signedInAt: number } =>
  session.signedInAt !== undefined && Number.isFinite(session.signedInAt);

/**
 * Returns the facts if they have a usable user id. Otherwise returns undefined, with one warning per source.
 * @param by the session reader or function that returned the facts
 * @param name the name of this source in the warning
 */
export function usableFacts(
  facts: SessionFacts | null | undefined,
  by: object,
  name: string,
): SessionFacts | undefined {
  if (facts === undefined || facts === null) return undefined;
  if (isUserId(facts.userId)) return facts;
  eventsOf(by).emit(sessionsEvents.MEVETO_SESSION_UNUSABLE, { source: name });
  return undefined;
}

/**
 * Calls a function for each item and returns the results in order. Synchronous if all results are synchronous.
 * @throws the first error of the function
 */
export function gather<Item, Result>(
  items: readonly Item[],
  call: (item: Item) => Result | Promise<Result>,
): readonly Result[] | Promise<readonly Result[]> {
  const results: (Result | Promise<Result>)[] = [];
  let isAsync = false;
  try {
    for (const item of items) {
      const result = call(item);
      if (isThenable(result)) isAsync = true;
      results.push(result);
    }
  } catch (error) {
    // No caller awaits the other results any more. An unhandled rejection would end the process.
    for (const result of results) Promise.resolve(result).catch(() => undefined);
    throw error;
  }
  return isAsync ? Promise.all(results.map((result) => Promise.resolve(result))) : (results as Result[]);
}

/** Whether the value can be awaited. A library's query object is often a thenable and not a Promise. */
export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof value === 'object' && value !== null && 'then' in value;
