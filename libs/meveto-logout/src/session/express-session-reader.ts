import { Logger } from '@nestjs/common';
import type { SessionFacts } from '../model/session.js';
import { SessionReader, type SessionRequest } from './session-reader.port.js';

/** A middleware as express-session makes it; structural, so that Express is not needed to use this package. */
export type SessionMiddleware = (request: never, response: never, next: (error?: unknown) => void) => void;

export interface ExpressSessionOptions {
  /**
   * The session's property with the user's id.
   * @defaultValue 'userId'
   */
  readonly userId?: string;
  /**
   * The session's property with what `recordLogin` returned: epoch milliseconds, or an ISO 8601 string.
   * @defaultValue 'signedInAt'
   */
  readonly signedInAt?: string;
  /** The same middleware that the application uses: it reads the session of Socket.IO handshakes. */
  readonly middleware?: SessionMiddleware;
  /**
   * What becomes of a session that a logout has ended, once a request shows it: `destroy` deletes it from its store;
   * `keep` leaves it there until it expires, so that other tabs with its cookie can still be told why they are out.
   * It is refused either way.
   * @defaultValue 'destroy'
   */
  readonly endedSessions?: 'destroy' | 'keep';
}

/** Reads sessions of express-session: `session: expressSession()`. */
export const expressSession = (options: ExpressSessionOptions = {}): SessionReader =>
  new ExpressSessionReader(options);

interface SessionCarrier {
  session?: (Record<string, unknown> & { destroy?: (done: (error?: unknown) => void) => void }) | null;
}

class ExpressSessionReader extends SessionReader {
  readonly #logger = new Logger('MevetoLogout');
  readonly #userId: string;
  readonly #signedInAt: string;
  #hasWarned = false;

  constructor(private readonly options: ExpressSessionOptions) {
    super();
    this.#userId = options.userId ?? 'userId';
    this.#signedInAt = options.signedInAt ?? 'signedInAt';
  }

  override read(request: SessionRequest): SessionFacts | undefined {
    const session = (request as SessionCarrier).session;
    const userId = session?.[this.#userId];
    if (typeof userId !== 'string' && typeof userId !== 'number' && typeof userId !== 'bigint')
      return undefined;
    return { userId, signedInAt: instantOf(session?.[this.#signedInAt]) };
  }

  override end(request: SessionRequest): Promise<void> {
    const carrier = request as SessionCarrier;
    const session = carrier.session;
    return new Promise((resolve, reject) => {
      if (this.options.endedSessions === 'keep' || typeof session?.destroy !== 'function') {
        // Without a session on the request nothing is saved, and a rolling cookie is not set anew.
        carrier.session = null;
        resolve();
        return;
      }
      session.destroy((error) => {
        if (error === undefined || error === null) resolve();
        else reject(error instanceof Error ? error : new Error('The session store refused.'));
      });
    });
  }

  #warnOfMissingMiddleware(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      'A live connection came with a cookie, and its session cannot be read: Express middleware does not run for ' +
        'Socket.IO. Give the application’s session middleware to expressSession({ middleware }) too.',
    );
  }

  override prepareHandshake(request: SessionRequest): Promise<void> {
    const { middleware } = this.options;
    if (middleware === undefined && request.headers.cookie !== undefined) this.#warnOfMissingMiddleware();
    if (middleware === undefined || (request as SessionCarrier).session) return Promise.resolve();
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
}

/** Epoch milliseconds of what a session holds: a number, a Date, or a date as text. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return undefined;
  const at = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}
