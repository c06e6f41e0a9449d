import type { SessionRequest } from './session-reader.port.js';

/** What happens to a session after a logout: deleted from its store, or kept there until it expires. */
export type EndedSessions = 'destroy' | 'keep';

type Done = (error?: unknown) => void;

/** A session as express-session, cookie-session, @fastify/session and @fastify/secure-session set it on a request. */
export interface ServerSession {
  readonly [property: string]: unknown;
  /** Only express-session and @fastify/session. */
  readonly destroy?: (done: Done) => void;
  /** Only @fastify/secure-session. */
  readonly delete?: () => void;
  /** All but cookie-session. @fastify/secure-session takes no callback. */
  readonly regenerate?: (done?: Done) => void;
}

interface SessionStore {
  readonly generate?: (request: object) => void;
  readonly get?: (id: string, done: (error: unknown, session?: object | null) => void) => void;
}

/** The request's session, or undefined. `name` is the property of the request, usually `session`. */
export const sessionOn = (request: SessionRequest, name: string): ServerSession | undefined =>
  (request as unknown as Record<string, ServerSession | null | undefined>)[name] ?? undefined;

/** Whether the request has no session at all, not even an empty one or null. */
export const isSessionMissing = (request: SessionRequest, name: string): boolean =>
  (request as unknown as Record<string, unknown>)[name] === undefined;

/**
 * Reloads the session of express-session on the request of a handshake from its store. All connections of a Socket.IO client
 * share one request, so the session may be older than the user's last login. A session without a store stays unchanged.
 * @throws the error of the store
 */
export async function reloadSession(request: SessionRequest, name: string): Promise<void> {
  const { sessionID: id, sessionStore: store } = request as {
    sessionID?: unknown;
    sessionStore?: SessionStore;
  };
  if (typeof id !== 'string' || typeof store?.get !== 'function' || !sessionOn(request, name)) return;
  let stored: object | null | undefined;
  await callback((done) =>
    store.get?.(id, (error, session) => {
      stored = session;
      done(error);
    }),
  );
  // An assignment could call a setter of the prototype request.
  Object.defineProperty(request, name, {
    value: stored ?? null,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Ends the request's session: it is no longer saved, and a rolling cookie is not renewed. */
export async function endSession(request: SessionRequest, name: string, ended: EndedSessions): Promise<void> {
  const session = sessionOn(request, name);
  if (typeof session?.delete === 'function') {
    // The cookie is the whole session. This call deletes it.
    session.delete();
  } else if (ended === 'destroy' && typeof session?.destroy === 'function') {
    await callback((done) => session.destroy?.(done));
  } else {
    forgetSessionId(request);
    replaceSession(request, name, null);
  }
}

/** With `unset: 'destroy'`, express-session destroys the session with this id when the request has no session. */
function forgetSessionId(request: SessionRequest & { sessionID?: unknown }): void {
  if (request.sessionID !== undefined) request.sessionID = undefined;
}

/** Replaces the ended session of the request by an empty one, so that the request continues without a user. */
export async function renewSession(
  request: SessionRequest,
  name: string,
  ended: EndedSessions,
): Promise<void> {
  const session = sessionOn(request, name);
  const store = (request as { sessionStore?: SessionStore }).sessionStore;
  if (ended === 'keep' && typeof store?.generate === 'function') {
    // express-session: creates a new session, and the old one stays in its store.
    store.generate(request);
  } else if (typeof session?.delete === 'function') {
    session.regenerate?.();
  } else if (typeof session?.regenerate === 'function') {
    await callback((done) => session.regenerate?.(done));
  } else {
    replaceSession(request, name, {});
  }
}

function replaceSession(request: SessionRequest, name: string, session: object | null): void {
  (request as unknown as Record<string, unknown>)[name] = session;
}

function callback(start: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session store failed.'));
    });
  });
}
