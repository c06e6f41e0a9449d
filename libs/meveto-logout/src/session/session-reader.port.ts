import type { IncomingHttpHeaders } from 'node:http';
import type { SessionFacts } from '../model/session.js';

/** The part of a request that readers look at: Express, Fastify and a Socket.IO handshake all have it. */
export interface SessionRequest {
  readonly headers: IncomingHttpHeaders;
}

/**
 * Says who is asking, and since when. The application supplies it, ready ones are `expressSession()` and
 * `bearerToken()`. A reader that needs no database keeps the guard synchronous and fast.
 */
export abstract class SessionReader {
  /** The facts of the request's session, or undefined when the request carries none that this reader knows. */
  abstract read(request: SessionRequest): SessionFacts | undefined | Promise<SessionFacts | undefined>;

  /** Ends the session of a refused HTTP request where it is stored. Absent: there is nothing to end. */
  end?(request: SessionRequest): void | Promise<void>;

  /** Makes a Socket.IO handshake readable, e.g. by running the session middleware on it. */
  prepareHandshake?(request: SessionRequest): Promise<void>;
}
