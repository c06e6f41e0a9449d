import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import { type ServerSessionOptions, ServerSessionReader, sessionOn } from './server-session-reader.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';

export interface FastifySecureSessionOptions extends Omit<ServerSessionOptions, 'endedSessions'> {
  /**
   * The session's name, as configured in @fastify/secure-session: the property of the request.
   * @defaultValue 'session'
   */
  readonly sessionName?: string;
  /**
   * The name of the session cookie, as configured in @fastify/secure-session.
   * @defaultValue the session's name
   */
  readonly cookieName?: string;
}

/** Reads sessions of @fastify/secure-session: `session: fastifySecureSession()`. */
export const fastifySecureSession = (options: FastifySecureSessionOptions = {}): SessionReader =>
  new FastifySecureSessionReader(options);

/** The methods that @fastify/secure-session and @fastify/cookie add to Fastify. */
interface SecureSessionServer {
  readonly log: unknown;
  parseCookie(header: string): Record<string, string | undefined>;
  unsignCookie?(value: string): { readonly valid: boolean; readonly value: string | null };
  decodeSecureSession(cookie: string | undefined, log: unknown, sessionName: string): object | null;
}

class FastifySecureSessionReader extends ServerSessionReader {
  readonly #cookieName: string;

  constructor(options: FastifySecureSessionOptions) {
    super('fastifySecureSession', options, options.sessionName ?? 'session');
    this.#cookieName = options.cookieName ?? this.property;
  }

  override prepareHandshake(request: SessionRequest, server?: unknown): Promise<void> {
    const { cookie } = request.headers;
    if (cookie === undefined || sessionOn(request, this.property) !== undefined) return Promise.resolve();
    if (!hasSecureSessions(server)) {
      this.#warnOfMissingPlugin();
      return Promise.resolve();
    }
    const value = server.parseCookie(cookie)[this.#cookieName];
    const session = this.#decode(server, value) ?? this.#decode(server, unsigned(server, value));
    Object.assign(request, { [this.property]: session ?? null });
    return Promise.resolve();
  }

  #decode(server: SecureSessionServer, value: string | undefined): object | null {
    return value === undefined ? null : server.decodeSecureSession(value, server.log, this.property);
  }

  #warnOfMissingPlugin(): void {
    eventsOf(this).emit(sessionsEvents.MEVETO_HANDSHAKE_WITHOUT_PLUGIN, {
      plugin: '@fastify/secure-session',
    });
  }
}

/** The value of a signed cookie (`cookie: { signed: true }`), or undefined. */
function unsigned(server: SecureSessionServer, value: string | undefined): string | undefined {
  const checked = value === undefined ? undefined : server.unsignCookie?.(value);
  return checked?.valid === true ? (checked.value ?? undefined) : undefined;
}

const hasSecureSessions = (server: unknown): server is SecureSessionServer =>
  typeof server === 'object' && server !== null && 'decodeSecureSession' in server && 'parseCookie' in server;
