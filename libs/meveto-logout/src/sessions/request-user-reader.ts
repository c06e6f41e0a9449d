import type { SessionFacts } from './session.js';
import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import { type FactOf, instantOf, readFact, type ReadFact, UserIdReader } from './fact-readers.js';
import {
  type EndedSessions,
  endSession,
  reloadSession,
  renewSession,
  runMiddleware,
  type SessionMiddleware,
  sessionOn,
} from './server-session-reader.js';
import { SessionReader, type SessionRequest } from './session-reader.port.js';

export interface RequestUserOptions {
  /**
   * Where the user's id is. No other property is read then.
   * @defaultValue the first of 'id', 'userId' and 'sub' with a value
   */
  readonly userId?: FactOf<string | number | bigint | undefined>;
  /**
   * Where the result of `recordLogin` is: epoch milliseconds, a Date, or an ISO 8601 string. A function can read values that
   * are not on the user: `(user, request) => request.session.signedInAt`.
   * @defaultValue 'signedInAt'
   */
  readonly signedInAt?: FactOf<number | string | Date | undefined>;
  /**
   * The application's middlewares that set the user, in their order. The reader runs them on WebSocket handshakes, where
   * Express runs none. With Passport: `[sessionMiddleware, passport.initialize(), passport.session()]`.
   * @defaultValue []
   */
  readonly handshake?: readonly SessionMiddleware[];
  /**
   * What happens to the `request.session` that the user came from, if there is one, as in `expressSession`.
   * @defaultValue 'destroy'
   */
  readonly endedSessions?: EndedSessions;
}

/**
 * Reads `request.user`, which Passport and most guards set: `session: requestUser()`. The guard reads the user, and reads it
 * again right before the handler, since a guard of the application may set it in between. A `request.user` that is itself a
 * string, a number or a bigint counts as `{ id: … }`.
 */
export const requestUser = (options: RequestUserOptions = {}): SessionReader =>
  new RequestUserReader(options);

interface UserCarrier {
  user?: unknown;
}

class RequestUserReader extends SessionReader {
  override readonly isLate = true;
  readonly #userId: UserIdReader;
  readonly #signedInAt: ReadFact;
  readonly #endedSessions: EndedSessions;
  readonly #handshake: readonly SessionMiddleware[];

  constructor(options: RequestUserOptions) {
    super();
    this.#userId = new UserIdReader(this, {
      holder: 'request.user',
      reader: 'requestUser',
      userId: options.userId,
      usual: ['id', 'userId', 'sub'],
    });
    this.#signedInAt = readFact(options.signedInAt ?? 'signedInAt');
    this.#endedSessions = options.endedSessions ?? 'destroy';
    this.#handshake = options.handshake ?? [];
  }

  override async prepareHandshake(request: SessionRequest): Promise<void> {
    if (this.#handshake.length === 0) return;
    // Session and user may be older than the user's last login.
    await reloadSession(request, 'session');
    Object.defineProperty(request, 'user', { value: undefined, configurable: true, writable: true });
    for (const middleware of this.#handshake) await runMiddleware(middleware, request);
  }

  override read(request: SessionRequest): SessionFacts | undefined {
    const { user } = request as UserCarrier;
    if (isNoUser(user)) return undefined;
    const holder = typeof user === 'object' ? user : { id: user };
    const userId = this.#userId.of(holder, request);
    if (userId === undefined) return undefined;
    const signedInAt = instantOf(this.#signedInAt(holder, request));
    if (signedInAt === undefined && holder !== user)
      eventsOf(this).emit(sessionsEvents.MEVETO_USER_WITHOUT_START);
    return { userId, signedInAt };
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

/** Values that Passport and Fastify's decorators set for a request without a user. */
const isNoUser = (user: unknown): user is undefined | null | false | '' =>
  user === undefined || user === null || user === false || user === '';
