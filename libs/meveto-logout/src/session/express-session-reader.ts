import { Logger } from '@nestjs/common';
import { runMiddleware, type SessionMiddleware } from './run-middleware.js';
import { ServerSessionReader, type ServerSessionOptions } from './server-session-reader.js';
import { isSessionMissing, sessionOn } from './server-session.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';

export interface ExpressSessionOptions extends ServerSessionOptions {
  /** The same middleware that the application uses: it reads the session of WebSocket handshakes. */
  readonly middleware?: SessionMiddleware;
}

/** Reads sessions of express-session and of cookie-session: `session: expressSession()`. */
export const expressSession = (options: ExpressSessionOptions = {}): SessionReader =>
  new ExpressSessionReader(options);

class ExpressSessionReader extends ServerSessionReader {
  readonly #logger = new Logger('MevetoLogout');
  #hasWarned = false;

  constructor(private readonly options: ExpressSessionOptions) {
    super(options);
  }

  #warnOfMissingMiddleware(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      'A live connection came with a cookie, and its session cannot be read: Express middleware does not run for ' +
        'Socket.IO. Give the application’s session middleware to expressSession({ middleware }) too.',
    );
  }

  /** So express-session says that its store is away; cookie-session always leaves a session, if an empty one. */
  override isUnreadable(request: SessionRequest): boolean {
    return request.headers.cookie !== undefined && isSessionMissing(request, this.property);
  }

  override prepareHandshake(request: SessionRequest): Promise<void> {
    const { middleware } = this.options;
    if (middleware === undefined && request.headers.cookie !== undefined) this.#warnOfMissingMiddleware();
    if (middleware === undefined || sessionOn(request, this.property) !== undefined) return Promise.resolve();
    return this.#read(middleware, request);
  }

  async #read(middleware: SessionMiddleware, request: SessionRequest): Promise<void> {
    await runMiddleware(middleware, request);
    if (this.isUnreadable(request)) throw new Error('The session cannot be read.');
  }
}
