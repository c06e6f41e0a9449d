import type { OnApplicationShutdown } from '@nestjs/common';
import type { Counters, MevetoEvents } from '../core/index.js';
import { sessionsEvents } from './events.js';
import type { SessionRequest } from './session-reader.port.js';
import type { SessionFacts } from './session.js';

const UNSEEN_FOR_MS = 600_000;
const UNSEEN_REQUESTS = 1_000;
const SESSIONS_TO_LOOK_UP = 100;
const LOOK_UP_AGAIN_MS = 60_000;
const MOST_LOOK_UPS = 10;

/**
 * Warns if the readers find no session although requests seem to carry sessions, and if the store does not know the users of
 * sessions. In both cases no session is refused after a logout. The cost per guarded request is one or two comparisons.
 */
export class ReaderAudit implements OnApplicationShutdown {
  readonly #startedAt = performance.now();
  /** True until a session is read, or the warning is logged. */
  #expectsSession = true;
  /** Requests with a cookie or an Authorization header, until a session is read. */
  readonly #unseen = new WeakSet<object>();
  #unseenCount = 0;
  /** User ids of the first sessions; undefined after the look-up has started. */
  #userIds: Set<string> | undefined = new Set();
  #readCount = 0;
  #lookUps = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param countUsers counts the users with these ids in the store */
  constructor(
    private readonly countUsers: (userIds: readonly string[]) => Promise<number>,
    private readonly counters: Counters,
    private readonly events: MevetoEvents,
  ) {}

  onApplicationShutdown(): void {
    this.#userIds = undefined;
    this.#lookUps = MOST_LOOK_UPS;
    clearTimeout(this.#timer);
  }

  /**
   * Called for every guarded request or message, before its sessions are read.
   * @param requestOf returns the HTTP request, or undefined for messages. Called only until a session is read.
   */
  guarded(requestOf: () => SessionRequest | undefined): void {
    if (this.#expectsSession) this.#countUnseen(requestOf);
  }

  /** Called with the sessions that were read from a request, a message or a handshake. */
  read(sessions: readonly SessionFacts[]): void {
    this.#expectsSession = false;
    this.counters.add('guard_sessions_read', sessions.length);
    if (this.#userIds !== undefined) this.#collect(sessions, this.#userIds);
  }

  /** Called for each session that is refused for lack of a start. */
  refusedWithoutStart(): void {
    this.events.emit(sessionsEvents.MEVETO_SESSION_WITHOUT_START);
  }

  #countUnseen(requestOf: () => SessionRequest | undefined): void {
    if (this.#unseenCount < UNSEEN_REQUESTS) {
      const request = requestOf();
      if (request === undefined || this.#unseen.has(request)) return;
      const { cookie, authorization } = request.headers;
      if (cookie === undefined && authorization === undefined) return;
      // A GraphQL request arrives here once per guarded field.
      this.#unseen.add(request);
      this.#unseenCount += 1;
    } else if (performance.now() - this.#startedAt >= UNSEEN_FOR_MS) {
      this.#expectsSession = false;
      this.events.emit(sessionsEvents.MEVETO_NO_SESSION_FOUND);
    }
  }

  #collect(sessions: readonly SessionFacts[], userIds: Set<string>): void {
    for (const { userId } of sessions) userIds.add(String(userId));
    this.#readCount += sessions.length;
    if (this.#readCount < SESSIONS_TO_LOOK_UP) return;
    this.#userIds = undefined;
    this.#lookUpAfter(0, [...userIds]);
  }

  /** Looks the users up in a timer, so that no request waits. */
  #lookUpAfter(delayMs: number, userIds: readonly string[]): void {
    this.#timer = setTimeout(() => void this.#lookUp(userIds), delayMs).unref();
  }

  async #lookUp(userIds: readonly string[]): Promise<void> {
    this.#lookUps += 1;
    try {
      if ((await this.countUsers(userIds)) === 0) this.events.emit(sessionsEvents.MEVETO_USERS_NOT_IN_STORE);
    } catch {
      // The store is unavailable, which other parts log.
      if (this.#lookUps < MOST_LOOK_UPS) this.#lookUpAfter(LOOK_UP_AGAIN_MS, userIds);
    }
  }
}
