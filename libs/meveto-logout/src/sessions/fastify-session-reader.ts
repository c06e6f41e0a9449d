import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import { type ServerSessionOptions, ServerSessionReader, sessionOn } from './server-session-reader.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';

export interface FastifySessionOptions extends ServerSessionOptions {
  /**
   * The name of the session cookie, as configured in @fastify/session. WebSocket handshakes need it.
   * @defaultValue 'sessionId'
   */
  readonly cookieName?: string;
  /**
   * The prefix of the cookie's value, as configured in @fastify/session.
   * @defaultValue ''
   */
  readonly cookiePrefix?: string;
}

/** Reads sessions of @fastify/session: `session: fastifySession()`. */
export const fastifySession = (options: FastifySessionOptions = {}): SessionReader =>
  new FastifySessionReader(options);

/** The methods that @fastify/session and @fastify/cookie add to Fastify. */
interface SessionServer {
  parseCookie(header: string): Record<string, string | undefined>;
  decryptSession(sessionId: string, request: object, done: (error?: unknown) => void): void;
}

class FastifySessionReader extends ServerSessionReader {
  readonly #cookieName: string;
  readonly #cookiePrefix: string;

  constructor(options: FastifySessionOptions) {
    super('fastifySession', options);
    this.#cookieName = options.cookieName ?? 'sessionId';
    this.#cookiePrefix = options.cookiePrefix ?? '';
  }

  override prepareHandshake(request: SessionRequest, server?: unknown): Promise<void> {
    const { cookie } = request.headers;
    if (cookie === undefined || sessionOn(request, this.property) !== undefined) return Promise.resolve();
    if (!hasSessions(server)) {
      this.#warnOfMissingPlugin();
      return Promise.resolve();
    }
    const value = server.parseCookie(cookie)[this.#cookieName];
    if (value?.startsWith(this.#cookiePrefix) !== true) return Promise.resolve();
    return new Promise((resolve, reject) => {
      server.decryptSession(value.slice(this.#cookiePrefix.length), request, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error instanceof Error ? error : new Error('The session cannot be read.'));
      });
    });
  }

  #warnOfMissingPlugin(): void {
    eventsOf(this).emit(sessionsEvents.MEVETO_HANDSHAKE_WITHOUT_PLUGIN, { plugin: '@fastify/session' });
  }
}

const hasSessions = (server: unknown): server is SessionServer =>
  typeof server === 'object' && server !== null && 'decryptSession' in server && 'parseCookie' in server;
