import type { IncomingHttpHeaders } from 'node:http';
import type { SessionFacts } from './session.js';

/** The part of a request that all readers need. Requests of Express, Fastify and Socket.IO handshakes have it. */
export interface SessionRequest {
  readonly headers: IncomingHttpHeaders;
}

/** The source of access tokens: an HTTP request, or the handshake of a socket. */
export interface TokenSource extends SessionRequest {
  /** Socket.IO handshakes only: the `auth` object of the client. */
  readonly auth?: Readonly<Record<string, unknown>>;
  /** Handshakes only: the query of the URL. */
  readonly query?: Readonly<Record<string, unknown>>;
  /** graphql-ws only: the parameters of the connection. */
  readonly connectionParams?: Readonly<Record<string, unknown>>;
}

/** The sessions that a reader finds in a request: none, one or several. */
export type SessionsRead = SessionFacts | readonly SessionFacts[] | undefined;

/**
 * Reads the user of a request and the start of the session. The application chooses a reader: `expressSession()`,
 * `fastifySession()`, `fastifySecureSession()`, `requestUser()`, `jwtSession()`, `bearerToken()`, or its own. A reader without
 * database access keeps the guard synchronous and fast.
 */
export abstract class SessionReader {
  /** Whether a guard of the application may set the value that it reads. The reader is then called again before the handler. */
  readonly isLate?: boolean;

  /**
   * Whether it reads tokens. A client may send an old token beside the current one, so an old token does not count beside a
   * later token of the same user, of this reader or of another reader of tokens.
   * @defaultValue false: one session that is over is enough for a refusal
   */
  readonly readsTokens?: boolean;

  /**
   * Returns the session of the request, or undefined if this reader finds none. Returns several if the request carries
   * several, or if the reader does not know which one the application uses.
   * @param handshake the source of tokens, if the request opened a socket. A reader that wraps another reader passes it on.
   * `request.headers.authorization` then has one of these tokens, if there is any.
   */
  abstract read(request: SessionRequest, handshake?: TokenSource): SessionsRead | Promise<SessionsRead>;

  /**
   * Whether an HTTP request without a session may nevertheless carry one, e.g. while the session store is unavailable. The
   * module then reports to no browser that it has no session. Absent: the request has no session.
   */
  isUnreadable?(request: SessionRequest): boolean;

  /**
   * Names of the cookies that hold the session, if no store does. The guard deletes them when their session is over, even
   * beside a live session, when the cookies of `whenLoggedOut.clearCookies` stay. A cookie with other attributes than the
   * default ones must also be in `clearCookies`.
   */
  readonly cookies?: readonly string[] | undefined;

  /** Ends the session of a refused HTTP request in its store. Absent: there is no session to end. */
  end?(request: SessionRequest): void | Promise<void>;

  /**
   * Replaces the ended session of an HTTP request to a login path by an empty one, so that the request may continue. Absent:
   * the guard removes `cookies`, or else those of `whenLoggedOut.clearCookies`, from the request. If the reader still finds the
   * session, the login page is served (GET, HEAD) and a login is refused.
   */
  renew?(request: SessionRequest): void | Promise<void>;

  /**
   * Makes a WebSocket handshake readable, e.g. by running the session middleware on it. Called for each connection to a
   * Socket.IO namespace.
   * @param request one object per connection, with the properties of the request that opened the socket
   * @param server the application's HTTP framework: the Express application or the Fastify instance
   */
  prepareHandshake?(request: SessionRequest, server?: unknown): Promise<void>;
}
