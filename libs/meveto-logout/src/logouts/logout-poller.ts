import { Inject, Injectable } from '@nestjs/common';
import { Clock, MevetoEvents } from '../core/index.js';
import { type Store, STORE } from '../store/index.js';
import { logoutsEvents } from './events.js';
import { LogoutCache } from './logout-cache.js';
import { LOGOUTS_OPTIONS, type ResolvedLogouts } from './options.js';

/** How far a poll looks back once a minute, because a commit may be delayed on its way to the database. */
const LOOK_BACK_MS = 600_000;
const LOOK_BACK_EVERY_MS = 60_000;
const FORGET_EVERY_MS = 60_000;
const FORGET_BATCH = 500;

/**
 * Keeps the logout cache of this process fresh: loads all logouts at start, then polls the store for commits of other
 * replicas.
 */
@Injectable()
export class LogoutPoller {
  #asOf = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #forgetAt = 0;
  #lookBackAt = performance.now() + LOOK_BACK_EVERY_MS;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGOUTS_OPTIONS) private readonly options: ResolvedLogouts,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  /** Loads all logouts without announcing them, and starts polling. */
  async start(): Promise<void> {
    const askedAt = performance.now();
    const { logouts, forgottenUntil, asOf } = await this.store.logoutStore.committedSince(0);
    this.cache.storeHasForgotten(forgottenUntil);
    for (const logout of logouts) this.cache.remember(logout);
    this.#asOf = asOf;
    this.cache.refreshed(askedAt);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#poll().finally(() => {
        this.#schedule();
      });
    }, this.options.pollIntervalMs);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    const askedAt = performance.now();
    try {
      const { logouts, forgottenUntil, asOf } = await this.store.logoutStore.committedSince(this.#since());
      this.cache.storeHasForgotten(forgottenUntil);
      for (const logout of logouts) this.cache.learn(logout, 'store');
      this.#asOf = asOf;
      this.cache.refreshed(askedAt);
      this.events.emit(logoutsEvents.MEVETO_LOGOUT_POLL_RECOVERED);
    } catch {
      this.events.emit(logoutsEvents.MEVETO_LOGOUT_POLL_FAILED);
      return;
    }
    await this.#forget();
  }

  #since(): number {
    if (performance.now() < this.#lookBackAt) return this.#asOf;
    this.#lookBackAt = performance.now() + LOOK_BACK_EVERY_MS;
    return Math.max(0, this.#asOf - LOOK_BACK_MS);
  }

  /** Deletes logouts older than `maxSessionAgeMs`: no session is that old. */
  async #forget(): Promise<void> {
    if (performance.now() < this.#forgetAt) return;
    this.#forgetAt = performance.now() + FORGET_EVERY_MS;
    const until = this.clock.now() - this.options.maxSessionAgeMs - FORGET_EVERY_MS;
    this.cache.forgetUntil(until);
    try {
      await this.store.logoutStore.forgetUntil(until, FORGET_BATCH);
    } catch {
      this.events.emit(logoutsEvents.MEVETO_LOGOUTS_NOT_DELETED);
    }
  }
}
