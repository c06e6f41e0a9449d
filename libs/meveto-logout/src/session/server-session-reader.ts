import type { SessionFacts } from '../model/session.js';
import { instantOf, isUserId } from './instant.js';
import { type EndedSessions, endSession, renewSession, sessionOn } from './server-session.js';
import { SessionReader, type SessionRequest } from './session-reader.port.js';

export interface ServerSessionOptions {
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
  /**
   * What becomes of a session that a logout has ended, once a request shows it: `destroy` deletes it from its store;
   * `keep` leaves it there until it expires, so that other tabs with its cookie can still be told why they are out.
   * It is refused either way.
   * @defaultValue 'destroy'
   */
  readonly endedSessions?: EndedSessions;
}

/** Reads the session that a library has put on the request. */
export abstract class ServerSessionReader extends SessionReader {
  readonly #userId: string;
  readonly #signedInAt: string;
  readonly #endedSessions: EndedSessions;

  constructor(
    options: ServerSessionOptions,
    protected readonly property = 'session',
  ) {
    super();
    this.#userId = options.userId ?? 'userId';
    this.#signedInAt = options.signedInAt ?? 'signedInAt';
    this.#endedSessions = options.endedSessions ?? 'destroy';
  }

  override read(request: SessionRequest): SessionFacts | undefined {
    const session = sessionOn(request, this.property);
    const userId = session?.[this.#userId];
    if (!isUserId(userId)) return undefined;
    return { userId, signedInAt: instantOf(session?.[this.#signedInAt]) };
  }

  override end(request: SessionRequest): Promise<void> {
    return endSession(request, this.property, this.#endedSessions);
  }

  override renew(request: SessionRequest): Promise<void> {
    return renewSession(request, this.property, this.#endedSessions);
  }
}
