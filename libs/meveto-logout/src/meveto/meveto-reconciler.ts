import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { filter, merge, type Subscription } from 'rxjs';
import { type ResolvedStore, type Store, STORE, STORE_OPTIONS } from '../store/index.js';
import { JobEvents, TokenStorage } from '../inbox/index.js';
import { KeyedDigest, MevetoEvents, MevetoLogoutError, waitAtMost } from '../core/index.js';
import { mevetoEvents, STOPPED } from './events.js';
import { PendingWebhooksUnavailableError } from './errors.js';
import { PollTrigger } from './poll-trigger.js';
import { ListReading } from './list-reading.js';
import { ListedPages } from './listed-pages.js';
import { PendingWebhooks } from './pending-webhooks.port.js';
import { ReconcileRuns } from './reconcile-runs.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';
import { SCHEDULER_REGISTRY } from './tokens.js';

const JOB = 'meveto-logout:reconcile';
/** Pause before the next poll after a missed delivery: more missed deliveries are likely. */
const AFTER_MISSED_DELIVERY_MS = 30_000;
const MAX_RETRY_AFTER_MS = 3_600_000;
const PAUSE_SLACK_MS = 100;
/** Added to the exchange time-out. The lease is renewed with every page, and lasts for one page. */
const LEASE_SLACK_MS = 5_000;
const FIRST_POLL_WAIT_MS = 2_000;
/**
 * Polls Meveto's list of pending webhooks and stores missed deliveries as jobs in the inbox. Polls at start, on schedule,
 * soon after a job became ambiguous, and when Meveto answers again after an outage. Only one replica polls at a time, with
 * one request at a time, and one replica per slot of the schedule. A pause that Meveto asks for is respected.
 */
@Injectable()
export class MevetoReconciler {
  readonly #stopping = new AbortController();
  readonly #runs: ReconcileRuns;
  readonly #pages: ListedPages;
  readonly #pollTrigger = new PollTrigger(
    () => this.#pollAgain(),
    () => this.#notBefore,
  );
  #running: Promise<boolean> | undefined;
  /** A pass that an earlier run did not finish. */
  #unfinished: ListReading | undefined;
  /** Time of the last trigger, of `performance.now()`. */
  #triggeredAt = -Infinity;
  #triggers: Subscription | undefined;
  #lastSuccessAt: number | undefined;
  #lastFailureAt: number | undefined;
  /** Earliest time of the next poll as Meveto asks, of `performance.now()`. */
  #notBefore = 0;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenStorage) tokens: TokenStorage,
    @Inject(PendingWebhooks) private readonly pendingWebhooks: PendingWebhooks,
    @Inject(KeyedDigest) digests: KeyedDigest,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
    @Inject(SCHEDULER_REGISTRY) private readonly registry: SchedulerRegistry,
    @Inject(MEVETO_OPTIONS) private readonly options: ResolvedMeveto,
    @Inject(STORE_OPTIONS) storeOptions: ResolvedStore,
  ) {
    this.#runs = new ReconcileRuns(store, options.exchange.timeoutMs + LEASE_SLACK_MS);
    this.#pages = new ListedPages(tokens, digests, events, emitter, storeOptions.storeTimeoutMs);
  }

  /** Starts the schedule and the first poll. Waits for the first poll two seconds at most. */
  async start(): Promise<void> {
    const job: CronJob = CronJob.from({
      cronTime: this.options.reconcile.cron,
      onTick: () => {
        void this.run(job);
      },
    });
    this.registry.addCronJob(JOB, job);
    job.start();
    const ambiguous$ = this.events.finished$.pipe(filter(({ state }) => state === 'ambiguous'));
    this.#triggers = merge(ambiguous$, this.events.outageEnded$).subscribe(() => {
      this.#triggeredAt = performance.now();
      this.#pollTrigger.pollSoon();
    });
    const firstPoll = this.run().then((isDone) => {
      // The replica that holds the lease may have crashed, or Meveto may answer again soon.
      if (!isDone) this.#pollTrigger.pollSoon();
    });
    await waitAtMost(FIRST_POLL_WAIT_MS, firstPoll);
  }

  /** Aborts a poll that is under way, and releases the lease so that another process can poll at once. */
  async stop(): Promise<void> {
    this.#triggers?.unsubscribe();
    this.#pollTrigger.stop();
    if (this.registry.doesExist('cron', JOB)) this.registry.deleteCronJob(JOB);
    this.#stopping.abort();
    await this.#running;
    await this.#runs.stop();
  }

  /**
   * Polls now, unless Meveto asks for a pause. Joins a poll that is under way. Resolves at the end of the poll: true if the
   * whole list was read.
   * @param scheduledBy the schedule that starts this poll: skipped if another replica has polled in the same slot
   */
  run(scheduledBy?: CronJob): Promise<boolean> {
    if (this.#stopping.signal.aborted || performance.now() < this.#notBefore) return Promise.resolve(false);
    this.#running ??= this.#poll(scheduledBy).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  status(): { lastSuccessAt: number | undefined; lastFailureAt: number | undefined } {
    return { lastSuccessAt: this.#lastSuccessAt, lastFailureAt: this.#lastFailureAt };
  }

  async #pollAgain(): Promise<boolean> {
    const underWay = this.#running;
    // A poll that is under way may have read its page before the trigger. If that poll fails, no second poll follows at once.
    return (underWay === undefined || (await underWay)) && (await this.run());
  }

  async #poll(scheduledBy: CronJob | undefined): Promise<boolean> {
    try {
      const askedAt = await this.store.logoutStore.now();
      const run = await this.#runs.begin(scheduledBy && halfwayToNext(scheduledBy));
      if (run === undefined) return false;
      const reading = this.#unfinished ?? new ListReading(askedAt, performance.now());
      this.#unfinished = undefined;
      if (!(await this.#readPages(reading))) return false;
      await this.#runs.end(run);
      this.#succeeded(reading);
      this.events.listRead(reading.askedAt);
      return true;
    } catch (error) {
      // The lease is kept for the next poll, which follows soon.
      await this.#failed(error);
      return false;
    }
  }

  #succeeded(reading: ListReading): void {
    this.#lastSuccessAt = Date.now();
    this.emitter.emit(mevetoEvents.MEVETO_RECONCILED);
    this.emitter.emit(mevetoEvents.MEVETO_RECONCILE_RECOVERED);
    this.#pollTrigger.succeeded();
    if (reading.missedCount > 0 && !this.#pollTrigger.isDue)
      this.#pollTrigger.pollSoon(AFTER_MISSED_DELIVERY_MS);
    // The trigger came during the pass: pages that were read before may list more webhooks by now.
    if (reading.isContinued && this.#triggeredAt >= reading.beganTick) this.#pollTrigger.pollSoon();
  }

  #report(missedCount: number): void {
    if (missedCount > 0) this.emitter.emit(mevetoEvents.MEVETO_MISSED_DELIVERIES, { count: missedCount });
  }

  /** Returns false when the process stops or has lost the lease. */
  async #readPages(reading: ListReading): Promise<boolean> {
    try {
      for (;;) {
        const page = await this.pendingWebhooks.page(reading.cursor, this.#stopping.signal);
        const missedCount = await this.#pages.store(page, () => this.#mayContinue());
        if (missedCount === undefined) return false;
        if (reading.pageRead(page.next, missedCount)) return true;
        if (!(await this.#runs.keep())) return false;
      }
    } catch (error) {
      if (
        error instanceof PendingWebhooksUnavailableError &&
        reading.mayResume(error.retryAfterMs !== undefined)
      )
        this.#unfinished = reading;
      throw error;
    } finally {
      if (this.#unfinished === undefined) this.#report(reading.missedCount);
    }
  }

  async #mayContinue(): Promise<boolean> {
    return !this.#stopping.signal.aborted && (await this.#runs.keep());
  }

  async #failed(error: unknown): Promise<void> {
    this.#lastFailureAt = Date.now();
    const reason = this.#stopping.signal.aborted ? STOPPED : reasonOf(error);
    this.emitter.emit(mevetoEvents.MEVETO_RECONCILE_FAILED, { reason });
    await this.#respectPause(error);
    // A failed poll is repeated before the next scheduled poll, with growing pauses.
    if (!this.#pollTrigger.isDue) this.#pollTrigger.pollSoon();
    this.#pollTrigger.failed();
  }

  /** Meveto asks for a pause: no replica polls earlier, and this one polls afterwards. */
  async #respectPause(error: unknown): Promise<void> {
    const retryAfterMs = error instanceof PendingWebhooksUnavailableError ? error.retryAfterMs : undefined;
    if (retryAfterMs === undefined) return;
    const waitMs = Math.ceil(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
    this.#notBefore = performance.now() + waitMs;
    // If the store is unavailable, Meveto asks the other replicas for the pause, too.
    await this.#runs.pause(waitMs).catch(() => undefined);
    // The pause in the store ends a little later, by another clock: this process must not poll during its own pause.
    this.#notBefore = performance.now() + waitMs + PAUSE_SLACK_MS;
  }
}

/** Half of the time to the next scheduled poll, whole epoch milliseconds: the clocks of replicas may differ by as much. */
const halfwayToNext = (job: CronJob): number =>
  Math.round(Date.now() + (job.nextDate().toMillis() - Date.now()) / 2);

/** Messages of other errors may contain values. */
const reasonOf = (error: unknown): string =>
  error instanceof MevetoLogoutError ? error.message : 'Meveto’s list of pending webhooks could not be read.';
