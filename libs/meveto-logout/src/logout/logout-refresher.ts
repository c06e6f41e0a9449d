import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../model/clock.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { KnownLogouts } from './known-logouts.js';

/** How far a look goes back once a minute: a commit may have been held up on its way to the database. */
const LONG_LOOK_MS = 600_000;
const LONG_LOOK_EVERY_MS = 60_000;
const FORGET_EVERY_MS = 60_000;
const FORGET_BATCH = 500;

/**
 * Keeps this process's knowledge of logouts fresh: loads all at start, then asks the store at an interval for what other
 * replicas have committed since.
 */
@Injectable()
export class LogoutRefresher {
  readonly #logger = new Logger('MevetoLogout');
  #asOf = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #isFailing = false;
  #forgetAt = 0;
  #longLookAt = performance.now() + LONG_LOOK_EVERY_MS;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Loads what is known, without announcing what is long past, and starts refreshing. */
  async start(): Promise<void> {
    const askedAt = performance.now();
    const { logouts, forgottenUntil, asOf } = await this.store.register.committedSince(0);
    this.known.storeHasForgotten(forgottenUntil);
    for (const logout of logouts) this.known.remember(logout);
    this.#asOf = asOf;
    this.known.refreshed(askedAt);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#refresh().finally(() => {
        this.#schedule();
      });
    }, this.options.refreshIntervalMs);
    this.#timer.unref();
  }

  async #refresh(): Promise<void> {
    const askedAt = performance.now();
    try {
      const { logouts, forgottenUntil, asOf } = await this.store.register.committedSince(this.#since());
      this.known.storeHasForgotten(forgottenUntil);
      for (const logout of logouts) this.known.learn(logout, 'store');
      this.#asOf = asOf;
      this.known.refreshed(askedAt);
      this.#isFailing = false;
      await this.#forget();
    } catch {
      if (!this.#isFailing)
        this.#logger.warn('Logouts of other replicas cannot be read: the store is not available.');
      this.#isFailing = true;
    }
  }

  #since(): number {
    if (performance.now() < this.#longLookAt) return this.#asOf;
    this.#longLookAt = performance.now() + LONG_LOOK_EVERY_MS;
    return Math.max(0, this.#asOf - LONG_LOOK_MS);
  }

  /** No session is older than `maxSessionAgeMs`: a logout that old is of no more use. */
  async #forget(): Promise<void> {
    if (performance.now() < this.#forgetAt) return;
    this.#forgetAt = performance.now() + FORGET_EVERY_MS;
    const until = this.clock.now() - this.options.maxSessionAgeMs - FORGET_EVERY_MS;
    this.known.forgetUntil(until);
    await this.store.register.forgetUntil(until, FORGET_BATCH);
  }
}
