import type { SessionRequest } from './session-reader.port.js';

/** What becomes of a session that a logout has ended: deleted from its store, or left there until it expires. */
export type EndedSessions = 'destroy' | 'keep';

type Done = (error?: unknown) => void;

/** A session as express-session, cookie-session, @fastify/session and @fastify/secure-session put it on a request. */
export interface ServerSession {
  readonly [property: string]: unknown;
  /** Of express-session and @fastify/session. */
  readonly destroy?: (done: Done) => void;
  /** Of @fastify/secure-session. */
  readonly delete?: () => void;
  /** Of all but cookie-session; @fastify/secure-session takes no callback. */
  readonly regenerate?: (done?: Done) => void;
}

interface SessionStore {
  readonly generate?: (request: object) => void;
}

/** The request's session, or undefined; `name` is its property, usually `session`. */
export const sessionOn = (request: SessionRequest, name: string): ServerSession | undefined =>
  (request as unknown as Record<string, ServerSession | null | undefined>)[name] ?? undefined;

/** Whether nobody has put a session on the request, not even an empty one or null. */
export const isSessionMissing = (request: SessionRequest, name: string): boolean =>
  (request as unknown as Record<string, unknown>)[name] === undefined;

/** Ends the request's session: nothing is saved any more, and a rolling cookie is not set anew. */
export async function endSession(request: SessionRequest, name: string, ended: EndedSessions): Promise<void> {
  const session = sessionOn(request, name);
  if (typeof session?.delete === 'function') {
    // The cookie is the whole session, and this takes it away.
    session.delete();
  } else if (ended === 'destroy' && typeof session?.destroy === 'function') {
    await called((done) => session.destroy?.(done));
  } else {
    replaceSession(request, name, null);
  }
}

/** Gives the request an empty session in place of the one that is over: what goes on is nobody’s. */
export async function renewSession(
  request: SessionRequest,
  name: string,
  ended: EndedSessions,
): Promise<void> {
  const session = sessionOn(request, name);
  const store = (request as { sessionStore?: SessionStore }).sessionStore;
  if (ended === 'keep' && typeof store?.generate === 'function') {
    // Of express-session: a new session, and the old one stays in its store.
    store.generate(request);
  } else if (typeof session?.delete === 'function') {
    session.regenerate?.();
  } else if (typeof session?.regenerate === 'function') {
    await called((done) => session.regenerate?.(done));
  } else {
    replaceSession(request, name, {});
  }
}

function replaceSession(request: SessionRequest, name: string, session: object | null): void {
  (request as unknown as Record<string, unknown>)[name] = session;
}

function called(start: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session store refused.'));
    });
  });
}
