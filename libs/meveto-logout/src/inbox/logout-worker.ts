import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { ClaimedJob } from '../store/index.js';
import { ExchangeLimiter } from './exchange-limiter.js';
import { JobEvents } from './job-events.js';
import { JobProcessor } from './job-processor.js';
import { Housekeeping } from './housekeeping.js';
import type { JobLease } from './leases.js';
import { TokenStorage } from './token-storage.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

const POLL_EVERY_MS = 500;
/** Bound of jobs in flight. Answers that wait for an unavailable store count, too: then no more jobs are claimed. */
const MAX_IN_FLIGHT = 1_000;
const RATE_PAUSE_MS = 20;
/** Pause after a claim of all due jobs: all wake-ups during the pause share the next claim. */
const CLAIM_PAUSE_MS = 20;
/** How long a claim of few jobs waits for more exchanges to end: a claim costs about as much for one job as for several. */
const GATHER_MS = 3;
/** A claim waits if fewer jobs than this share of the concurrency may start. */
const GATHERED_SHARE = 1 / 4;

/**
 * Claims due jobs as far as the limiter of exchanges allows, and passes each to the processor. Wakes when a job arrives, and at
 * an interval for jobs of a crashed replica and for jobs whose pause is over.
 */
@Injectable()
export class LogoutWorker {
  readonly #logger = new Logger('MevetoLogout');
  /** Jobs in flight, by id. */
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #arrivals: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #pumping: Promise<void> | undefined;
  #wakeAgain = false;
  /** Earliest time of the next claim, of `performance.now()`. */
  #nextClaimAt = 0;
  /** End of the wait for more exchanges to end, of `performance.now()`; undefined while no claim waits. */
  #gatherUntil: number | undefined;
  #isFailing = false;

  constructor(
    @Inject(ExchangeLimiter) private readonly limiter: ExchangeLimiter,
    @Inject(JobProcessor) private readonly processor: JobProcessor,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
  ) {}

  start(): void {
    this.#arrivals = this.events.arrived$.subscribe(() => {
      this.#wake();
    });
    this.#timer = setInterval(() => {
      this.#wake();
    }, POLL_EVERY_MS);
    this.#timer.unref();
    this.#wake();
  }

  /** Claims no more jobs, and waits for the jobs in flight. Aborts them after `shutdownTimeoutMs`. */
  async stop(): Promise<void> {
    this.tokens.stop();
    this.#arrivals?.unsubscribe();
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#pumping;
    await this.housekeeping.stop();
    const deadline = setTimeout(() => {
      this.#stopping.abort();
    }, this.options.shutdownTimeoutMs);
    await this.#finishInFlight();
    clearTimeout(deadline);
    await this.tokens.close();
  }

  /** Exchanges the tokens that only this process has, as long as there is time. */
  async #finishInFlight(): Promise<void> {
    do {
      if (!this.#stopping.signal.aborted) await this.#claimAndStart().catch(() => false);
      await Promise.race([Promise.allSettled(this.#inFlight.values()), delay(RATE_PAUSE_MS)]);
    } while (this.#inFlight.size > 0 || (this.tokens.hasDue() && !this.#stopping.signal.aborted));
  }

  #wake(): void {
    this.#wakeAgain = true;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.#wakeAgain && this.#timer !== undefined) this.#wake();
    });
  }

  async #pump(): Promise<void> {
    while (this.#wakeAgain && this.#timer !== undefined) {
      this.#wakeAgain = false;
      const pauseMs = this.#nextClaimAt - performance.now();
      if (pauseMs > 0) {
        this.#wakeSoon(pauseMs);
        return;
      }
      try {
        if (await this.#claimAndStart()) this.#wakeAgain = true;
        void this.housekeeping.run();
        this.#isFailing = false;
      } catch {
        if (!this.#isFailing)
          this.#logger.warn('Jobs cannot be processed: the store is not available. Trying again.');
        this.#isFailing = true;
      }
    }
  }

  /** Returns true if there may be more jobs to claim at once. */
  async #claimAndStart(): Promise<boolean> {
    const limit = this.limiter.allowed().all;
    let isMoreLikely = false;
    // During an outage the timer is enough: more frequent claims gain nothing.
    if (limit > 0 && this.#inFlight.size < MAX_IN_FLIGHT && this.#isWorthAClaim(limit)) {
      const startedCount = await this.tokens.claim({
        allowed: () => this.limiter.allowed(),
        inFlight: () => [...this.#inFlight.keys()],
        start: (job, lease) => {
          this.#start(job, lease);
        },
      });
      isMoreLikely = startedCount >= limit;
      if (!isMoreLikely) this.#nextClaimAt = performance.now() + CLAIM_PAUSE_MS;
    }
    if (this.limiter.isRateSpent()) this.#wakeSoon();
    return isMoreLikely;
  }

  /** Whether enough jobs may start, or the first of them has waited for long enough. */
  #isWorthAClaim(limit: number): boolean {
    const now = performance.now();
    const isEnough = limit >= this.options.concurrency * GATHERED_SHARE || this.#stopping.signal.aborted;
    if (!isEnough && now < (this.#gatherUntil ??= now + GATHER_MS)) {
      this.#wakeSoon(GATHER_MS);
      return false;
    }
    this.#gatherUntil = undefined;
    return true;
  }

  /** Schedules one wake-up, however often this is called. */
  #wakeSoon(pauseMs = RATE_PAUSE_MS): void {
    if (this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#wake();
    }, pauseMs);
    this.#soon.unref();
  }

  #start(job: ClaimedJob, lease: JobLease): void {
    const exchanged = (): void => {
      this.#wake();
    };
    const work = this.processor.process(job, lease, this.#stopping.signal, exchanged).finally(() => {
      this.#inFlight.delete(job.id);
      this.tokens.done(job);
      this.#wake();
    });
    this.#inFlight.set(job.id, work);
  }
}
