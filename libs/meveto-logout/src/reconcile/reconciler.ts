import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { filter, merge, type Subscription } from 'rxjs';
import type { ListedCall, OpenedCalls } from '../inbox/inbox.port.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { CallStorage, type WithToken } from '../worker/call-storage.js';
import { InboxFullError, PendingCallsUnavailableError } from '../errors.js';
import { EarlyQuestions } from './early-questions.js';
import { ListReading } from './list-reading.js';
import { type PendingCall, PendingCalls, type PendingPage } from './pending-calls.port.js';
import { isPushGap } from './push-gap.js';
import { ReconcileTurns } from './reconcile-turns.js';

const JOB = 'meveto-logout:reconcile';
/** After calls that no push brought more of them are likely. */
const AFTER_GAP_MS = 30_000;
const MAX_RETRY_AFTER_MS = 3_600_000;
const PAUSE_SLACK_MS = 100;
/** Renewed with every page; long enough for one page, short enough for another replica to take over soon. */
const LEASE_SLACK_MS = 5_000;
const STORE_BATCH = 200;
const MIN_STORE_BATCH = 10;
const FIRST_POLL_WAIT_MS = 2_000;
const LANE_FULL =
  'Too many calls of Meveto’s pending list are waiting. The others stay there, and are asked for again by themselves. ' +
  'If it lasts, raise exchange.perSecond or maxWaitingPerLane.';

/**
 * Asks Meveto for calls that never arrived and puts them into the same inbox: at start, on schedule, as soon as a call
 * became ambiguous, and when Meveto answers again after an outage. One replica asks at a time, one question at a time, and
 * one in each slot of the schedule. What Meveto says of when to come back is kept to.
 */
@Injectable()
export class Reconciler {
  readonly #logger = new Logger('MevetoLogout');
  readonly #stopping = new AbortController();
  readonly #turns: ReconcileTurns;
  readonly #early = new EarlyQuestions(
    () => this.#askAgain(),
    () => this.#notBefore,
  );
  #running: Promise<boolean> | undefined;
  /** Broken off in an earlier turn. */
  #unfinished: ListReading | undefined;
  /** When there was last a reason to ask, of `performance.now()`. */
  #reasonAt = -Infinity;
  #reasons: Subscription | undefined;
  #lastSuccessAt: number | undefined;
  #lastFailureAt: number | undefined;
  /** Not before this, of `performance.now()`: Meveto said so. */
  #notBefore = 0;
  /** How many calls are stored in one transaction: fewer once so many were not done in time. */
  #batch = STORE_BATCH;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(CallStorage) private readonly storage: CallStorage,
    @Inject(PendingCalls) private readonly pendingCalls: PendingCalls,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(SchedulerRegistry) private readonly registry: SchedulerRegistry,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.#turns = new ReconcileTurns(store, options.exchange.timeoutMs + LEASE_SLACK_MS);
  }

  /** Starts the schedule and the first poll; waits for that at most two seconds, whatever Meveto does. */
  async start(): Promise<void> {
    const job: CronJob = CronJob.from({
      cronTime: this.options.reconcile.cron,
      onTick: () => {
        void this.run(job);
      },
    });
    this.registry.addCronJob(JOB, job);
    job.start();
    const ambiguous$ = this.events.ended$.pipe(filter(({ state }) => state === 'ambiguous'));
    this.#reasons = merge(ambiguous$, this.events.outageEnded$).subscribe(() => {
      this.#reasonAt = performance.now();
      this.#early.askSoon();
    });
    const firstPoll = this.run().then((isDone) => {
      // Whoever holds the lease may have died with it; Meveto may be back soon.
      if (!isDone) this.#early.askSoon();
    });
    await Promise.race([firstPoll, delay(FIRST_POLL_WAIT_MS, undefined, { ref: false })]);
  }

  /** Breaks off a question that is on its way, and lets another process ask at once. */
  async stop(): Promise<void> {
    this.#reasons?.unsubscribe();
    this.#early.stop();
    if (this.registry.doesExist('cron', JOB)) this.registry.deleteCronJob(JOB);
    this.#stopping.abort();
    await this.#running;
    await this.#turns.stop();
  }

  /**
   * Asks now, unless that is being done already or Meveto wants it later. Resolves when it is over; true if the whole list
   * was read.
   * @param scheduledBy the schedule, when it is its turn: left out if another replica has asked in the same slot
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

  async #askAgain(): Promise<boolean> {
    const onTheWay = this.#running;
    // A question that is on its way may have been answered before there was a reason to ask. If it fails it was this turn's.
    return (onTheWay === undefined || (await onTheWay)) && (await this.run());
  }

  async #poll(scheduledBy: CronJob | undefined): Promise<boolean> {
    try {
      const askedAt = await this.store.register.now();
      const turn = await this.#turns.begin(scheduledBy && halfwayToNext(scheduledBy));
      if (turn === undefined) return false;
      const reading = this.#unfinished ?? new ListReading(askedAt, performance.now());
      this.#unfinished = undefined;
      if (!(await this.#readOn(reading))) return false;
      await this.#turns.end(turn);
      this.#succeeded(reading);
      this.events.listRead(reading.askedAt);
      return true;
    } catch (error) {
      // The lease is kept for the next question, which comes soon.
      await this.#failed(error);
      return false;
    }
  }

  #succeeded(reading: ListReading): void {
    this.#lastSuccessAt = Date.now();
    this.counters.add('reconcile_success');
    this.#early.succeeded();
    if (reading.gapCount > 0 && !this.#early.isDue) this.#early.askSoon(AFTER_GAP_MS);
    // The pages that were read before that may name the call by now.
    if (reading.isContinued && this.#reasonAt >= reading.beganTick) this.#early.askSoon();
  }

  #report(gapCount: number): void {
    if (gapCount === 0) return;
    this.counters.add('reconcile_gap', gapCount);
    this.#logger.warn(
      `${String(gapCount)} calls were found on Meveto’s pending list only: their webhooks never arrived. Does Meveto reach ` +
        'the registered URL?',
    );
  }

  /** False when the lease was lost on the way. */
  async #readOn(reading: ListReading): Promise<boolean> {
    try {
      for (;;) {
        const page = await this.pendingCalls.page(reading.cursor, this.#stopping.signal);
        const gapCount = await this.#take(page);
        if (gapCount === undefined) return false;
        if (reading.pageRead(page.next, gapCount)) return true;
        if (!(await this.#turns.keep())) return false;
      }
    } catch (error) {
      if (error instanceof PendingCallsUnavailableError && reading.mayGoOn(error.retryAfterMs !== undefined))
        this.#unfinished = reading;
      throw error;
    } finally {
      if (this.#unfinished === undefined) this.#report(reading.gapCount);
    }
  }

  /** How many of its calls no push has brought; undefined when the lease was lost on the way. */
  async #take(page: PendingPage): Promise<number | undefined> {
    if (page.skippedCount > 0) {
      this.#logger.warn(
        `${String(page.skippedCount)} entries of Meveto’s pending list were not understood and left out.`,
      );
    }
    const late = page.calls.filter((call) => isPushGap(call, Date.now()));
    const young = page.calls.filter((call) => !late.includes(call));
    // The pushes of young ones may be on their way.
    const newYoung = await this.#store(young.map((call) => this.#digested(call)));
    const newLate = await this.#store(late.map((call) => this.#digested(call)));
    return newYoung === undefined ? undefined : newLate;
  }

  async #mayGoOn(): Promise<boolean> {
    return !this.#stopping.signal.aborted && (await this.#turns.keep());
  }

  /** How many calls were not known before; undefined when the lease was lost on the way. */
  async #store(calls: readonly WithToken<ListedCall>[]): Promise<number | undefined> {
    const opened = { newCount: 0, reopenedCount: 0 };
    // A long page in one transaction would keep the store from everything else, and might never be done in time.
    const size = this.#batch;
    let start = 0;
    while (start < calls.length) {
      if (start > 0 && !(await this.#mayGoOn())) return undefined;
      const some = calls.slice(start, start + Math.min(size, await this.#room()));
      const { newCount, reopenedCount } = await this.#storeSome(some);
      opened.newCount += newCount;
      opened.reopenedCount += reopenedCount;
      start += some.length;
    }
    const openCount = opened.newCount + opened.reopenedCount;
    if (openCount === 0) return 0;
    this.counters.add('reconcile_new_call', openCount);
    this.events.arrived();
    return opened.newCount;
  }

  /**
   * For how many calls there is room in the lane: what does not fit stays with Meveto, and is asked for again.
   * @throws {InboxFullError} when there is none.
   */
  async #room(): Promise<number> {
    const room = await this.storage.roomForListed();
    if (room === 0) throw new InboxFullError(LANE_FULL);
    return room;
  }

  /** Each call takes several questions to the database: where that is far away, fewer calls are done in time. */
  async #storeSome(calls: readonly WithToken<ListedCall>[]): Promise<OpenedCalls> {
    const begunAt = performance.now();
    try {
      return await this.storage.receiveListed(calls);
    } catch (error) {
      const isLate = performance.now() - begunAt >= this.options.storeTimeoutMs;
      if (isLate) this.#batch = Math.max(MIN_STORE_BATCH, Math.ceil(this.#batch / 2));
      throw error;
    }
  }

  #digested({ id, type, token, createdAt }: PendingCall): WithToken<ListedCall> {
    const digest = this.vault.digestToken(token.reveal());
    const earlierDigests = this.vault.earlierDigestsOfToken(token.reveal());
    return {
      sourceId: id,
      type,
      digest,
      earlierDigests,
      token,
      lane: 'listed',
      sender: undefined,
      createdAt,
    };
  }

  async #failed(error: unknown): Promise<void> {
    this.#lastFailureAt = Date.now();
    this.counters.add('reconcile_failure');
    await this.#waitAsTold(error);
    // What failed is asked again before the next turn of the schedule, with growing pauses.
    if (!this.#early.isDue) this.#early.askSoon();
    if (this.#stopping.signal.aborted || !this.#early.failed()) return;
    this.#logger.warn(error instanceof Error ? error.message : 'Meveto’s pending list could not be read.');
  }

  /** Meveto said when to come back: no replica asks earlier, and this one does then. */
  async #waitAsTold(error: unknown): Promise<void> {
    const retryAfterMs = error instanceof PendingCallsUnavailableError ? error.retryAfterMs : undefined;
    if (retryAfterMs === undefined) return;
    const waitMs = Math.ceil(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
    this.#notBefore = performance.now() + waitMs;
    // If the store is away the others hear it from Meveto themselves.
    await this.#turns.pause(waitMs).catch(() => undefined);
    // The store counts from later on, by a clock of its own: this process must not find its own pause in its way.
    this.#notBefore = performance.now() + waitMs + PAUSE_SLACK_MS;
  }
}

/** Whole epoch milliseconds, half of the way to the next turn of the schedule: clocks of replicas may differ by as much. */
const halfwayToNext = (job: CronJob): number =>
  Math.round(Date.now() + (job.nextDate().toMillis() - Date.now()) / 2);
