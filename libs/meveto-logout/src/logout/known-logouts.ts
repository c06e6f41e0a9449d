import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { AnnouncedLogout, Logout, LogoutSource } from '../model/logout.js';

/**
 * The logouts that this process knows, in memory: what the guard answers from. A user without an entry was never logged
 * out. It grows with logouts, not with users or requests.
 */
@Injectable()
export class KnownLogouts {
  readonly #loggedOutAt = new Map<string, number>();
  /** Logouts that are known and not yet announced. */
  readonly #expected = new Map<string, number>();
  readonly #announced = new Subject<AnnouncedLogout>();
  #forgottenUntil = 0;
  #goodAt = Number.NEGATIVE_INFINITY;

  /** Every logout once, when this process learns of it. */
  readonly logouts$: Observable<AnnouncedLogout> = this.#announced.asObservable();

  /** Epoch milliseconds of the user's last logout, or undefined. */
  loggedOutAt(userId: string): number | undefined {
    return this.#loggedOutAt.get(userId);
  }

  /** The latest logout that the store has forgotten, epoch milliseconds: of sessions from before nothing is known. */
  get forgottenUntil(): number {
    return this.#forgottenUntil;
  }

  /** Milliseconds since the store was last asked successfully; Infinity before the first time. */
  ageMs(): number {
    return performance.now() - this.#goodAt;
  }

  /** The store was asked at `askedAt` (of `performance.now()`) and has answered. */
  refreshed(askedAt: number): void {
    this.#goodAt = Math.max(this.#goodAt, askedAt);
  }

  /**
   * Takes in a logout that Meveto has confirmed and that is about to be committed: its sessions are refused from now on,
   * and it is announced once it is learned. Were it taken in after the commit only, whoever sees the commit first could
   * still be let in.
   */
  expect(logout: Logout): void {
    if (this.remember(logout)) this.#expected.set(logout.userId, logout.loggedOutAt);
  }

  /**
   * Takes a logout in, and announces it if it is news. One that was expected here is this process's own, whoever brings the
   * news of its commit first: the store may be read before the commit's answer arrives, or that answer may be lost.
   */
  learn(logout: Logout, source: LogoutSource): void {
    const isExpected = (this.#expected.get(logout.userId) ?? Infinity) <= logout.loggedOutAt;
    if (isExpected) this.#expected.delete(logout.userId);
    if (this.remember(logout) || isExpected)
      this.#announced.next({ ...logout, source: isExpected ? 'own-commit' : source });
  }

  /** Takes a logout in without announcing it. True if it is news. */
  remember({ userId, loggedOutAt }: Logout): boolean {
    const known = this.#loggedOutAt.get(userId);
    if (known !== undefined && known >= loggedOutAt) return false;
    this.#loggedOutAt.set(userId, loggedOutAt);
    return true;
  }

  /** The store has forgotten logouts until then: it may be that this process never knew them. */
  storeHasForgotten(until: number): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, until);
  }

  forgetUntil(loggedOutAt: number): void {
    for (const logouts of [this.#loggedOutAt, this.#expected]) {
      for (const [userId, at] of logouts) if (at <= loggedOutAt) logouts.delete(userId);
    }
  }

  complete(): void {
    this.#announced.complete();
  }
}
