import { Inject, Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { MevetoEvents } from '../core/index.js';
import { type AnnouncedLogout, BY_MEVETO, type Logout, type LogoutSource } from '../store/index.js';
import { logoutsEvents } from './events.js';

/**
 * The logouts that this process knows, in memory. The guard reads this cache. A user without an entry was never logged
 * out. The size grows with logouts, not with users or requests.
 */
@Injectable()
export class LogoutCache {
  readonly #loggedOutAt = new Map<string, number>();
  /** Reasons of the logouts that Meveto did not ask for. */
  readonly #reasons = new Map<string, string>();
  /** Logouts that are about to be committed and are not announced yet. */
  readonly #expected = new Map<string, number>();
  readonly #announced = new Subject<AnnouncedLogout>();
  #forgottenUntil = 0;
  #goodAt = Number.NEGATIVE_INFINITY;

  /** Emits every logout once, when this process learns of it. */
  readonly logouts$: Observable<AnnouncedLogout> = this.#announced.asObservable();

  constructor(@Inject(MevetoEvents) private readonly events = new MevetoEvents()) {}

  /** The user's last logout in epoch milliseconds, or undefined. */
  loggedOutAt(userId: string): number | undefined {
    return this.#loggedOutAt.get(userId);
  }

  /** The reason of the user's last logout; undefined if there was none. */
  reasonOf(userId: string): string | undefined {
    return this.#loggedOutAt.has(userId) ? (this.#reasons.get(userId) ?? BY_MEVETO) : undefined;
  }

  /**
   * The latest logout that was deleted, epoch milliseconds. The logout state of sessions that began before is unknown.
   */
  get forgottenUntil(): number {
    return this.#forgottenUntil;
  }

  /** Milliseconds since the last successful poll of the store; Infinity before the first one. */
  ageMs(): number {
    return performance.now() - this.#goodAt;
  }

  /** Records a successful poll that began at `askedAt` (of `performance.now()`). */
  refreshed(askedAt: number): void {
    this.#goodAt = Math.max(this.#goodAt, askedAt);
  }

  /**
   * Adds a logout before its commit: from now on its sessions are refused, and `learn` announces it. Added after the
   * commit only, a request that already sees the commit could still pass.
   */
  expect(logout: Logout): void {
    if (this.remember(logout)) this.#expected.set(logout.userId, logout.loggedOutAt);
  }

  /**
   * Adds a logout and announces it if it is new. An expected logout counts as this process's own, whatever the source:
   * the store may be polled before the commit's answer arrives, or that answer may be lost.
   */
  learn(logout: Logout, source: LogoutSource): void {
    const { userId, loggedOutAt, reason = BY_MEVETO } = logout;
    const isExpected = (this.#expected.get(userId) ?? Infinity) <= loggedOutAt;
    if (isExpected) this.#expected.delete(userId);
    if (!this.remember(logout) && !isExpected) return;
    const announced: AnnouncedLogout = {
      userId,
      loggedOutAt,
      reason,
      source: isExpected ? 'own-commit' : source,
    };
    this.#announced.next(announced);
    this.events.emit(logoutsEvents.MEVETO_LOGOUT, announced);
  }

  /** Adds a logout without announcing it. Returns true if it is new. */
  remember({ userId, loggedOutAt, reason = BY_MEVETO }: Logout): boolean {
    const known = this.#loggedOutAt.get(userId);
    if (known !== undefined && known >= loggedOutAt) return false;
    this.#loggedOutAt.set(userId, loggedOutAt);
    if (reason === BY_MEVETO) this.#reasons.delete(userId);
    else this.#reasons.set(userId, reason);
    return true;
  }

  /** The store deleted logouts up to this time: this process possibly never knew them. */
  storeHasForgotten(until: number): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, until);
  }

  /** Deletes logouts at or before this time. Sessions that began before one of these logouts stay refused. */
  forgetUntil(loggedOutAt: number): void {
    for (const at of this.#loggedOutAt.values()) if (at <= loggedOutAt) this.storeHasForgotten(at);
    for (const logouts of [this.#loggedOutAt, this.#expected]) {
      for (const [userId, at] of logouts) if (at <= loggedOutAt) logouts.delete(userId);
    }
    for (const userId of this.#reasons.keys())
      if (!this.#loggedOutAt.has(userId)) this.#reasons.delete(userId);
  }

  complete(): void {
    this.#announced.complete();
  }
}
