import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { MevetoEvents } from '../core/index.js';
import type { ClaimedJob } from '../store/index.js';
import { inboxEvents } from './events.js';
import { ExchangeLimiter } from './exchange-limiter.js';
import { JobEvents } from './job-events.js';
import { JobProcessor } from './job-processor.js';
import { Housekeeping } from './housekeeping.js';
import type { JobLease } from './leases.js';
import { type Allowed, TokenStorage } from './token-storage.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

const POLL_EVERY_MS = 500;
/** Bound of jobs in flight. Answers that wait for an unavailable store count, too: then no more jobs are claimed. */
const MAX_IN_FLIGHT = 1_000;
const RATE_PAUSE_MS = 20;
/** Pause after a claim of all due jobs: all wake-ups during the pause share the next claim. */
const CLAIM_PAUSE_MS = 20;
/** How long a claim of few jobs waits for more exchanges to end: a claim costs about as much for one job as for several. */
const GATHER_MS = 3;
/** A claim waits if it is for fewer jobs than this share of the concurrency. */
const GATHERED_SHARE = 1 / 4;
/** A claim is also for the exchanges that will begin until the end of the claim, and in this time after it. */
const AHEAD_MS = 10;
/** The most jobs that are claimed ahead, as a multiple of the concurrency. */
const MOST_AHEAD = 2;
/** The weight of the latest duration in an average. */
const LATEST_WEIGHT = 1 / 8;
const NOT_STARTED = 'not-started';
/** Pause before another try to give a job back. */
const GIVE_BACK_AGAIN_MS = 500;

interface Ready {
  readonly job: ClaimedJob;
  readonly lease: JobLease;
}

/**
 * Claims due jobs, and passes each to the processor as soon as the limiter of exchanges allows. Claims jobs of known senders a few
 * milliseconds ahead, so that an exchange begins when another one ends. Wakes when a job arrives, and at an interval for jobs of a
 * crashed replica and for jobs whose pause is over.
 */
@Injectable()
export class LogoutWorker {
  /** Jobs in flight, by id. */
  readonly #inFlight = new Map<string, Promise<void>>();
  /** Claimed jobs that wait for the end of an exchange. */
  #ready: Ready[] = [];
  #exchangingCount = 0;
  /** The average durations of an exchange and of a claim, in milliseconds. */
  #exchangeMs: number | undefined;
  #claimMs: number | undefined;
  /** Claims that the store has answered. */
  #claimCount = 0;
  readonly #stopping = new AbortController();
  #arrivals: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #pumping: Promise<void> | undefined;
  #wakeAgain = false;
  /** Earliest times of the next claims, of `performance.now()`: of any jobs, and of those of unknown senders. */
  #nextClaimAt = 0;
  #nextUnknownAt = 0;
  /** End of the wait for more exchanges to end, of `performance.now()`; undefined while no claim waits. */
  #gatherUntil: number | undefined;

  constructor(
    @Inject(ExchangeLimiter) private readonly limiter: ExchangeLimiter,
    @Inject(JobProcessor) private readonly processor: JobProcessor,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
  ) {}

  start(): void {
    this.#arrivals = this.events.arrived$.subscribe((from) => {
      // Otherwise the end of an exchange wakes the worker: a claim would find nothing that may begin.
      if (from === 'any' || this.limiter.allowed().unknownSenders > 0) this.#wake();
    });
    this.#timer = setInterval(() => {
      this.#wake();
    }, POLL_EVERY_MS);
    this.#timer.unref();
    this.#wake();
  }

  /** Claims no more jobs, gives those back that have not begun, and waits for the jobs in flight. Aborts them after `shutdownTimeoutMs`. */
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
      this.#startReady();
      await Promise.race([Promise.allSettled(this.#inFlight.values()), delay(RATE_PAUSE_MS)]);
    } while (
      this.#inFlight.size + this.#ready.length > 0 ||
      (this.tokens.hasDue() && !this.#stopping.signal.aborted)
    );
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
      const pauseMs = Math.min(this.#nextClaimAt, this.#nextUnknownAt) - performance.now();
      if (pauseMs > 0) {
        this.#wakeSoon(pauseMs);
        return;
      }
      const claimCount = this.#claimCount;
      try {
        if (await this.#claimAndStart()) this.#wakeAgain = true;
        void this.housekeeping.run();
        // A wake-up without a claim says nothing about the store.
        if (this.#claimCount > claimCount) this.emitter.emit(inboxEvents.MEVETO_INBOX_RECOVERED);
      } catch {
        this.emitter.emit(inboxEvents.MEVETO_INBOX_UNAVAILABLE);
      }
    }
  }

  /** Returns true if there may be more jobs to claim at once. */
  async #claimAndStart(): Promise<boolean> {
    this.#startReady();
    const pauseMs = this.#nextClaimAt - performance.now();
    if (pauseMs > 0) this.#wakeSoon(pauseMs);
    const wanted = this.#wanted();
    // During an outage the timer is enough: more frequent claims gain nothing.
    const canClaim = wanted.all > 0 && this.#inFlight.size < MAX_IN_FLIGHT && this.#isWorthAClaim(wanted.all);
    const isMoreLikely = canClaim && (await this.#claim(wanted));
    if (this.limiter.isRateSpent()) this.#wakeSoon();
    return isMoreLikely;
  }

  /** Returns true if there may be more jobs to claim at once. */
  async #claim(wanted: Allowed): Promise<boolean> {
    const begunAt = performance.now();
    const claimed: ClaimedJob[] = [];
    const claiming = this.tokens.claim({
      allowed: () => this.#wanted(),
      inFlight: () => [...this.#inFlight.keys(), ...this.#ready.map(({ job }) => job.id)],
      start: (job, lease) => {
        claimed.push(job);
        this.#ready.push({ job, lease });
      },
    });
    // Jobs with their tokens in memory are claimed also when the store is not available.
    await claiming.finally(() => {
      this.#startReady();
    });
    this.#claimCount += 1;
    const endedAt = performance.now();
    if (claimed.length > 0) this.#claimMs = averageOf(this.#claimMs, endedAt - begunAt);
    if (claimed.length >= wanted.all) return true;
    this.#nextClaimAt = endedAt + CLAIM_PAUSE_MS;
    const unknownCount = claimed.filter(isOfUnknownSender).length;
    if (wanted.unknownSenders > 0 && unknownCount >= wanted.unknownSenders) return true;
    this.#nextUnknownAt = endedAt + CLAIM_PAUSE_MS;
    return false;
  }

  /** How many jobs to claim: for the exchanges that may begin now, and for those that will begin until shortly after the claim. */
  #wanted(): Allowed {
    const now = performance.now();
    const allowed = this.limiter.allowed();
    const all = Math.max(0, allowed.all + this.#aheadCount() - this.#ready.length);
    const readyCount = this.#ready.filter(({ job }) => isOfUnknownSender(job)).length;
    const unknownSenders =
      now < this.#nextUnknownAt ? 0 : Math.max(0, Math.min(all, allowed.unknownSenders - readyCount));
    return { all: now < this.#nextClaimAt ? unknownSenders : all, unknownSenders };
  }

  /** How many exchanges will end during a claim and shortly after it. Few if Meveto is slow: another replica may be free earlier. */
  #aheadCount(): number {
    if (this.#exchangeMs === undefined || this.#claimMs === undefined) return 0;
    if (this.limiter.isRateSpent() || this.limiter.isOutage()) return 0;
    const exchangeMs = Math.max(1, this.#exchangeMs);
    const expected = (this.#exchangingCount * (this.#claimMs + AHEAD_MS)) / exchangeMs;
    return Math.floor(Math.min(MOST_AHEAD * this.options.concurrency, expected));
  }

  /** Whether a claim is for enough jobs, or the first idle exchange has waited for long enough. */
  #isWorthAClaim(count: number): boolean {
    const now = performance.now();
    const isEnough = count >= this.options.concurrency * GATHERED_SHARE || this.#stopping.signal.aborted;
    // The end of an exchange wakes the worker.
    if (!isEnough && this.limiter.allowed().all === 0) return false;
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

  /** Starts claimed jobs as far as the limiter allows. During an outage or a stop gives the others back, for any replica. */
  #startReady(): void {
    if (this.#timer === undefined) this.#giveBackStored();
    for (let next = this.#takeReady(); next !== undefined; next = this.#takeReady()) this.#start(next);
    const [waiting, stopped] = [[] as Ready[], [] as Ready[]];
    for (const each of this.#ready) (this.limiter.isOutage(each.job) ? stopped : waiting).push(each);
    this.#ready = waiting;
    for (const { job } of stopped) this.#track(job, this.#giveBack(job));
  }

  /** Any process can exchange the tokens that are in the store. An exchange that begins now could be cut off by the end of this process. */
  #giveBackStored(): void {
    const ready = this.#ready;
    this.#ready = ready.filter(({ job }) => job.sealed === undefined);
    for (const { job } of ready) if (job.sealed !== undefined) this.#track(job, this.#giveBack(job));
  }

  #takeReady(): Ready | undefined {
    if (this.#stopping.signal.aborted) return this.#ready.shift();
    const { all, unknownSenders } = this.limiter.allowed();
    if (all === 0) return undefined;
    const index = this.#ready.findIndex(({ job }) => unknownSenders > 0 || !isOfUnknownSender(job));
    return index < 0 ? undefined : this.#ready.splice(index, 1)[0];
  }

  #start({ job, lease }: Ready): void {
    const begunAt = performance.now();
    this.#exchangingCount += 1;
    const exchanged = (): void => {
      this.#exchangingCount -= 1;
      this.#exchangeMs = averageOf(this.#exchangeMs, performance.now() - begunAt);
      this.#startReady();
      this.#wake();
    };
    this.#track(job, this.processor.process(job, lease, this.#stopping.signal, exchanged));
  }

  /**
   * Repeats this while the store is unavailable, as for the outcome of an attempt: a token in memory would be lost, and the mark of an
   * attempt that never began would stay.
   */
  async #giveBack(job: ClaimedJob): Promise<void> {
    const failure = { delayMs: 0, maybeSent: false, reason: NOT_STARTED };
    const { signal } = this.#stopping;
    const giveUpAt = performance.now() + this.options.jobTtlMs;
    for (;;) {
      try {
        await this.tokens.afterFailure(job, failure);
        return;
      } catch {
        if (signal.aborted || performance.now() > giveUpAt) return;
        await delay(GIVE_BACK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #track(job: ClaimedJob, work: Promise<void>): void {
    const done = work.finally(() => {
      this.#inFlight.delete(job.id);
      this.tokens.done(job);
      this.#wake();
    });
    this.#inFlight.set(job.id, done);
  }
}

const isOfUnknownSender = ({ priority }: ClaimedJob): boolean => priority === 'unknown';

const averageOf = (average: number | undefined, latest: number): number =>
  average === undefined ? latest : average + (latest - average) * LATEST_WEIGHT;
