import type { SessionFacts } from '../model/session.js';
import { instantOf, isUserId } from './instant.js';
import { type EndedSessions, endSession, renewSession, sessionOn } from './server-session.js';
import { runMiddleware, type SessionMiddleware } from './run-middleware.js';
import { SessionReader, type SessionRequest } from './session-reader.port.js';

/** Where a fact is found: a property of `request.user`, or a function of it and of the request. */
export type FactOf<Value> = string | ((user: Record<string, unknown>, request: SessionRequest) => Value);

export interface RequestUserOptions {
  /**
   * Where the user's id is.
   * @defaultValue 'id'
   */
  readonly userId?: FactOf<string | number | bigint | undefined>;
  /**
   * Where the time is that `recordLogin` returned: epoch milliseconds, a Date, or an ISO 8601 string. A function reaches
   * what is not on the user: `(user, request) => request.session.signedInAt`.
   * @defaultValue 'signedInAt'
   */
  readonly signedInAt?: FactOf<number | string | Date | undefined>;
  /**
   * The application's middlewares that put the user on the request, in their order: they are run on WebSocket handshakes,
   * where Express runs none. With Passport: `[sessionMiddleware, passport.initialize(), passport.session()]`.
   * @defaultValue []
   */
  readonly handshake?: readonly SessionMiddleware[];
  /**
   * What becomes of the `request.session` that the user came from, where there is one, as of `expressSession`.
   * @defaultValue 'destroy'
   */
  readonly endedSessions?: EndedSessions;
}

/**
 * Reads `request.user`, as Passport and most guards put it there: `session: requestUser()`. It is looked at by the guard,
 * and again right before the handler, since a guard of the application may have put it there in between.
 */
export const requestUser = (options: RequestUserOptions = {}): SessionReader =>
  new RequestUserReader(options);

interface UserCarrier {
  user?: unknown;
}

class RequestUserReader extends SessionReader {
  override readonly isLate = true;
  readonly #userId: NonNullable<RequestUserOptions['userId']>;
  readonly #signedInAt: NonNullable<RequestUserOptions['signedInAt']>;
  readonly #endedSessions: EndedSessions;
  readonly #handshake: readonly SessionMiddleware[];

  constructor(options: RequestUserOptions) {
    super();
    this.#userId = options.userId ?? 'id';
    this.#signedInAt = options.signedInAt ?? 'signedInAt';
    this.#endedSessions = options.endedSessions ?? 'destroy';
    this.#handshake = options.handshake ?? [];
  }

  override async prepareHandshake(request: SessionRequest): Promise<void> {
    if ((request as UserCarrier).user !== undefined) return;
    for (const middleware of this.#handshake) await runMiddleware(middleware, request);
  }

  override read(request: SessionRequest): SessionFacts | undefined {
    const { user } = request as UserCarrier;
    if (typeof user !== 'object' || user === null) return undefined;
    const facts = user as Record<string, unknown>;
    const userId = factOf(this.#userId, facts, request);
    if (!isUserId(userId)) return undefined;
    return { userId, signedInAt: instantOf(factOf(this.#signedInAt, facts, request)) };
  }

  override async end(request: SessionRequest): Promise<void> {
    if (sessionOn(request, 'session') !== undefined)
      await endSession(request, 'session', this.#endedSessions);
  }

  override async renew(request: SessionRequest): Promise<void> {
    if (sessionOn(request, 'session') !== undefined)
      await renewSession(request, 'session', this.#endedSessions);
    (request as UserCarrier).user = undefined;
  }
}

const factOf = (where: FactOf<unknown>, user: Record<string, unknown>, request: SessionRequest): unknown =>
  typeof where === 'string' ? user[where] : where(user, request);
