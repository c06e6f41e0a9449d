import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import {
  isSessionMissing,
  reloadSession,
  runMiddleware,
  type ServerSessionOptions,
  ServerSessionReader,
  type SessionMiddleware,
  sessionOn,
} from './server-session-reader.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';

export interface ExpressSessionOptions extends ServerSessionOptions {
  /** The session middleware of the application. It reads the session of WebSocket handshakes. */
  readonly middleware?: SessionMiddleware;
}

/** Reads sessions of express-session and of cookie-session: `session: expressSession()`. */
export const expressSession = (options: ExpressSessionOptions = {}): SessionReader =>
  new ExpressSessionReader(options);

class ExpressSessionReader extends ServerSessionReader {
  constructor(private readonly options: ExpressSessionOptions) {
    super('expressSession', options);
  }

  /** express-session sets no session while its store is unavailable. cookie-session always sets one, if need be empty. */
  override isUnreadable(request: SessionRequest): boolean {
    return request.headers.cookie !== undefined && isSessionMissing(request, this.property);
  }

  override async prepareHandshake(request: SessionRequest): Promise<void> {
    const { middleware } = this.options;
    if (sessionOn(request, this.property) !== undefined) await reloadSession(request, this.property);
    else if (middleware !== undefined) await this.#read(middleware, request);
    else if (request.headers.cookie !== undefined)
      eventsOf(this).emit(sessionsEvents.MEVETO_HANDSHAKE_WITHOUT_MIDDLEWARE);
  }

  async #read(middleware: SessionMiddleware, request: SessionRequest): Promise<void> {
    await runMiddleware(middleware, request);
    if (this.isUnreadable(request)) throw new Error('The session cannot be read.');
  }
}
