import type { IncomingHttpHeaders } from 'node:http';
import type { SessionFacts } from '../model/session.js';

/** The part of a request that readers look at: Express, Fastify and a Socket.IO handshake all have it. */
export interface SessionRequest {
  readonly headers: IncomingHttpHeaders;
}

/**
 * Says who is asking, and since when. The application supplies it; ready ones are `expressSession()`,
 * `fastifySession()`, `fastifySecureSession()`, `requestUser()`, `jwtSession()` and `bearerToken()`. A reader that needs
 * no database keeps the guard synchronous and fast.
 */
export abstract class SessionReader {
  /** Whether a guard of the application may put what it reads on the request: it is asked again before the handler. */
  readonly isLate?: boolean;

  /** The facts of the request's session, or undefined when the request carries none that this reader knows. */
  abstract read(request: SessionRequest): SessionFacts | undefined | Promise<SessionFacts | undefined>;

  /**
   * Whether an HTTP request in which nothing was read may carry a session all the same, as when the session store is away:
   * then no browser is told that there is none. Absent: what is not read is not there.
   */
  isUnreadable?(request: SessionRequest): boolean;

  /**
   * Names of the cookies that it is read from, where nothing is stored that could be ended: they are taken away once their
   * session is over, also beside another session that is still good, when those of `whenLoggedOut.clearCookies` stay. Set with other
   * attributes than the default ones, a cookie must be named there, too.
   */
  readonly cookies?: readonly string[] | undefined;

  /** Ends the session of a refused HTTP request where it is stored. Absent: there is nothing to end. */
  end?(request: SessionRequest): void | Promise<void>;

  /**
   * Gives an HTTP request nobody's session in place of the one that is over, since it goes on: it asks for the login page.
   * Absent: the request goes on without its `cookies`, or those that `whenLoggedOut.clearCookies` names; if the session is read from it all
   * the same, the login page is shown (GET, HEAD) and a login is refused.
   */
  renew?(request: SessionRequest): void | Promise<void>;

  /**
   * Makes a WebSocket handshake readable, e.g. by running the session middleware on it.
   * @param server the application's HTTP framework: the Express application or the Fastify instance
   */
  prepareHandshake?(request: SessionRequest, server?: unknown): Promise<void>;
}
