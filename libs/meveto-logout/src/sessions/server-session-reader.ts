import { type FactOf, instantOf, readFact, type ReadFact, UserIdReader } from './fact-readers.js';
import { SessionReader, type SessionRequest } from './session-reader.port.js';
import type { SessionFacts } from './session.js';

export interface ServerSessionOptions {
  /**
   * Where the user's id is in the session: a property, a path (`'passport.user'`), or a function of the session.
   * @defaultValue 'userId'
   */
  readonly userId?: FactOf<string | number | bigint | undefined>;
  /**
   * Where the result of `recordLogin` is in the session, named as for `userId`: epoch milliseconds, a Date, or an ISO 8601
   * string.
   * @defaultValue 'signedInAt'
   */
  readonly signedInAt?: FactOf<number | string | Date | undefined>;
  /**
   * What happens to a session after a logout, when a request carries it: `destroy` deletes the session from its store;
   * `keep` leaves it there until it expires, so that other tabs with its cookie still learn the reason. The session is refused
   * either way. On the login page, @fastify/session deletes the session also with `keep`.
   * @defaultValue 'destroy'
   */
  readonly endedSessions?: EndedSessions;
}

/** Reads the session that a library sets on the request. */
export abstract class ServerSessionReader extends SessionReader {
  readonly #userId: UserIdReader;
  readonly #signedInAt: ReadFact;
  readonly #endedSessions: EndedSessions;

  /** @param name the function that creates this reader, for warnings */
  constructor(
    name: string,
    options: ServerSessionOptions,
    protected readonly property = 'session',
  ) {
    super();
    this.#userId = new UserIdReader(this, {
      holder: `request.${property}`,
      reader: name,
      userId: options.userId,
      usual: ['userId'],
      mayBeMissing: true,
    });
    this.#signedInAt = readFact(options.signedInAt ?? 'signedInAt');
    this.#endedSessions = options.endedSessions ?? 'destroy';
  }

  override read(request: SessionRequest): SessionFacts | undefined {
    const session = sessionOn(request, this.property);
    if (typeof session !== 'object') return undefined;
    const userId = this.#userId.of(session, request);
    return userId === undefined
      ? undefined
      : { userId, signedInAt: instantOf(this.#signedInAt(session, request)) };
  }

  override end(request: SessionRequest): Promise<void> {
    return endSession(request, this.property, this.#endedSessions);
  }

  override renew(request: SessionRequest): Promise<void> {
    return renewSession(request, this.property, this.#endedSessions);
  }
}

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

/** A middleware such as that of express-session. A structural type, so that Express is optional. */
export type SessionMiddleware = (request: never, response: never, next: (error?: unknown) => void) => void;

/**
 * Runs a middleware on the request of a WebSocket handshake, where the application's middlewares do not run.
 * @throws the error that the middleware passes to `next`.
 */
export function runMiddleware(middleware: SessionMiddleware, request: SessionRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const run = middleware as (
      request: SessionRequest,
      response: object,
      next: (error?: unknown) => void,
    ) => void;
    run(request, {}, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session cannot be read.'));
    });
  });
}
