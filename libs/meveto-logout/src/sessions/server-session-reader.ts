import type { SessionFacts } from './session.js';
import { type FactOf, readFact, type ReadFact } from './fact-of.js';
import { instantOf } from './instant.js';
import { type EndedSessions, endSession, renewSession, sessionOn } from './server-session.js';
import { SessionReader, type SessionRequest } from './session-reader.port.js';
import { UserIdReader } from './user-id-reader.js';

export interface ServerSessionOptions {
  /**
   * Where the user's id is in the session: a property, a path (`'passport.user'`), or a function of the session.
   * @defaultValue 'userId'
   */
  readonly userId?: FactOf<string | number | bigint | undefined>;
  /**
   * Where the result of `recordLogin` is in the session, named as for `userId`: epoch milliseconds, a Date, or an ISO 8601
   * string.
   * @defaultValue 'signedInAt'
   */
  readonly signedInAt?: FactOf<number | string | Date | undefined>;
  /**
   * What happens to a session after a logout, when a request carries it: `destroy` deletes the session from its store;
   * `keep` leaves it there until it expires, so that other tabs with its cookie still learn the reason. The session is refused
   * either way. On the login page, @fastify/session deletes the session also with `keep`.
   * @defaultValue 'destroy'
   */
  readonly endedSessions?: EndedSessions;
}

/** Reads the session that a library sets on the request. */
export abstract class ServerSessionReader extends SessionReader {
  readonly #userId: UserIdReader;
  readonly #signedInAt: ReadFact;
  readonly #endedSessions: EndedSessions;

  /** @param name the function that creates this reader, for warnings */
  constructor(
    name: string,
    options: ServerSessionOptions,
    protected readonly property = 'session',
  ) {
    super();
    this.#userId = new UserIdReader({
      holder: `request.${property}`,
      reader: name,
      userId: options.userId,
      usual: ['userId'],
      mayBeMissing: true,
    });
    this.#signedInAt = readFact(options.signedInAt ?? 'signedInAt');
    this.#endedSessions = options.endedSessions ?? 'destroy';
  }

  override read(request: SessionRequest): SessionFacts | undefined {
    const session = sessionOn(request, this.property);
    if (typeof session !== 'object') return undefined;
    const userId = this.#userId.of(session, request);
    return userId === undefined
      ? undefined
      : { userId, signedInAt: instantOf(this.#signedInAt(session, request)) };
  }

  override end(request: SessionRequest): Promise<void> {
    return endSession(request, this.property, this.#endedSessions);
  }

  override renew(request: SessionRequest): Promise<void> {
    return renewSession(request, this.property, this.#endedSessions);
  }
}
