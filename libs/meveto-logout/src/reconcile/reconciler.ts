import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { filter, merge, type Subscription, tap } from 'rxjs';
import type { ListedCall } from '../inbox/inbox.port.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { CallStorage, type WithToken } from '../worker/call-storage.js';
import { PendingCallsUnavailableError } from '../errors.js';
import { isPushGap } from './push-gap.js';
import { PendingCalls } from './pending-calls.port.js';

const JOB = 'meveto-logout:reconcile';
const LEASE = 'reconcile';
/** Held from a complete scheduled poll on for half a slot: other replicas leave that slot out. By the store's clock. */
const SLOT = 'reconcile:slot';
/** After calls that no push brought more of them are likely. */
const AFTER_GAP_MS = 30_000;
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Renewed with every page; long enough for one page, short enough for another replica to take over soon. */
const LEASE_SLACK_MS = 5_000;
const STORE_BATCH = 200;
const MAX_PAGES = 10_000;
const FIRST_POLL_WAIT_MS = 2_000;
const SOON_MS = 250;
/** Pauses between questions that must be answered soon double up to this; after long failure up to more. */
const SOON_CAP_MS = 30_000;
const LONG_FAILURE_MS = 600_000;
const LONG_FAILURE_CAP_MS = 300_000;

/**
 * Asks Meveto for calls that never arrived and puts them into the same inbox: at start, on schedule, as soon as a call
 * became ambiguous, and when Meveto answers again after an outage. One replica asks at a time, one question at a time, and
 * one in each slot of the schedule. What Meveto says of when to come back is kept to.
 */
@Injectable()
export class Reconciler {
  readonly #logger = new Logger('MevetoLogout');
  readonly #holder = randomUUID();
  readonly #stopping = new AbortController();
  #running: Promise<boolean> | undefined;
  #reasons: Subscription | undefined;
  #soon: NodeJS.Timeout | undefined;
  /** When that is due, of `performance.now()`. */
  #soonAt = 0;
  /** Since when every question has failed, of `performance.now()`. */
  #failingSince: number | undefined;
  #lastSuccessAt: number | undefined;
  #lastFailureAt: number | undefined;
  #mayHoldLease = false;
  /** Not before this, of `performance.now()`: Meveto said so. */
  #notBefore = 0;
  /** An ambiguous call is looked for: what the list then opens again was pushed once. */
  #isHealing = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(CallStorage) private readonly storage: CallStorage,
    @Inject(PendingCalls) private readonly pendingCalls: PendingCalls,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(SchedulerRegistry) private readonly registry: SchedulerRegistry,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

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
    const ambiguous$ = this.events.ended$.pipe(
      filter(({ state }) => state === 'ambiguous'),
      tap(() => (this.#isHealing = true)),
    );
    this.#reasons = merge(ambiguous$, this.events.outageEnded$).subscribe(() => {
      this.#askSoon();
    });
    const firstPoll = this.run().then((isDone) => {
      // Whoever holds the lease may have died with it; Meveto may be back soon.
      if (!isDone) this.#askSoon();
    });
    await Promise.race([firstPoll, delay(FIRST_POLL_WAIT_MS, undefined, { ref: false })]);
  }

  /** Breaks off a question that is on its way, and lets another process ask at once. */
  async stop(): Promise<void> {
    this.#reasons?.unsubscribe();
    this.#cancelSoon();
    if (this.registry.doesExist('cron', JOB)) this.registry.deleteCronJob(JOB);
    this.#stopping.abort();
    await this.#running;
    // A lease that cannot be given back runs out by itself.
    if (this.#mayHoldLease) await this.#giveLeaseBack().catch(() => undefined);
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

  /**
   * Asks shortly, and again until an answer was had to a question that began after this. Further reasons never put off
   * what is due earlier, nor shorten the pauses while questions fail.
   */
  #askSoon(pauseMs = SOON_MS): void {
    if (this.#stopping.signal.aborted) return;
    const now = performance.now();
    const dueAt = Math.max(now + pauseMs, this.#notBefore + 1);
    const isDue = this.#soon !== undefined && (this.#soonAt <= dueAt || this.#failingSince !== undefined);
    if (isDue) return;
    clearTimeout(this.#soon);
    this.#soonAt = dueAt;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      void this.#askAgain(pauseMs);
    }, dueAt - now);
    this.#soon.unref();
  }

  async #askAgain(pauseMs: number): Promise<void> {
    const onTheWay = this.#running;
    // A question that is on its way may have been answered before there was a reason to ask. If it fails it was this turn's.
    const isDone = (onTheWay === undefined || (await onTheWay)) && (await this.run());
    if (isDone) return;
    if (this.#failingSince !== undefined) this.#cancelSoon();
    this.#askSoon(Math.min(pauseMs * 2, this.#longestPauseMs()));
  }

  #cancelSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
  }

  #longestPauseMs(): number {
    const failingForMs = performance.now() - (this.#failingSince ?? Infinity);
    return failingForMs > LONG_FAILURE_MS ? LONG_FAILURE_CAP_MS : SOON_CAP_MS;
  }

  async #poll(scheduledBy: CronJob | undefined): Promise<boolean> {
    try {
      const askedAt = await this.store.register.now();
      if (!(await this.#takeLease())) return false;
      const slot =
        scheduledBy === undefined ? undefined : { id: randomUUID(), endsAt: halfwayToNext(scheduledBy) };
      if (slot !== undefined && !(await this.store.lease.take(SLOT, slot.id, 0))) {
        await this.#giveLeaseBack();
        return false;
      }
      const gapCount = await this.#allPages();
      if (gapCount === undefined) return false;
      if (slot !== undefined)
        await this.store.lease.take(SLOT, slot.id, Math.max(0, slot.endsAt - Date.now()));
      await this.#giveLeaseBack();
      this.#succeeded(gapCount);
      this.events.listRead(askedAt);
      return true;
    } catch (error) {
      // The lease is kept for the next question, which comes soon.
      this.#failed(error);
      return false;
    }
  }

  #succeeded(gapCount: number): void {
    this.#lastSuccessAt = Date.now();
    this.counters.add('reconcile_success');
    this.#failingSince = undefined;
    const isHealing = this.#isHealing;
    this.#isHealing = false;
    if (gapCount === 0 || isHealing) return;
    this.counters.add('reconcile_gap', gapCount);
    this.#logger.warn(
      `${String(gapCount)} calls were found on Meveto’s pending list only: their webhooks never arrived. Does Meveto reach ` +
        'the registered URL?',
    );
    if (this.#soon === undefined) this.#askSoon(AFTER_GAP_MS);
  }

  /** How many calls no push had brought; undefined when the lease was lost on the way. */
  async #allPages(): Promise<number | undefined> {
    const seen = new Set<string>();
    let gapCount = 0;
    let cursor: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await this.pendingCalls.page(cursor, this.#stopping.signal);
      if (page.skippedCount > 0) {
        this.#logger.warn(
          `${String(page.skippedCount)} entries of Meveto’s pending list were not understood and left out.`,
        );
      }
      const late = page.calls.filter((call) => isPushGap(call, Date.now()));
      const young = page.calls.filter((call) => !late.includes(call));
      await this.#store(young.map((call) => this.#digested(call)));
      gapCount += await this.#store(late.map((call) => this.#digested(call)));
      cursor = page.next;
      // A cursor that comes back would never end.
      if (cursor === undefined || seen.has(cursor)) return gapCount;
      seen.add(cursor);
      if (!(await this.#takeLease())) return undefined;
    }
    return gapCount;
  }

  async #store(calls: readonly WithToken<ListedCall>[]): Promise<number> {
    if (calls.length === 0) return 0;
    let openCount = 0;
    // A long page in one transaction would keep the store from everything else, and might never be done in time.
    for (let start = 0; start < calls.length; start += STORE_BATCH) {
      openCount += await this.storage.receiveListed(calls.slice(start, start + STORE_BATCH));
    }
    if (openCount === 0) return 0;
    this.counters.add('reconcile_new_call', openCount);
    this.events.arrived();
    return openCount;
  }

  #digested({
    id,
    type,
    token,
    createdAt,
  }: Awaited<ReturnType<PendingCalls['page']>>['calls'][number]): WithToken<ListedCall> {
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

  #takeLease(): Promise<boolean> {
    // Also when the answer is lost: the store may have heard the question.
    this.#mayHoldLease = true;
    return this.store.lease.take(LEASE, this.#holder, this.#leaseMs());
  }

  /** Changes nothing when another replica has taken it over. */
  async #giveLeaseBack(): Promise<void> {
    await this.store.lease.take(LEASE, this.#holder, 0);
    this.#mayHoldLease = false;
  }

  #leaseMs(): number {
    return this.options.exchange.timeoutMs + LEASE_SLACK_MS;
  }

  #failed(error: unknown): void {
    this.#lastFailureAt = Date.now();
    this.counters.add('reconcile_failure');
    this.#waitAsTold(error);
    // What failed is asked again before the next turn of the schedule, with growing pauses.
    if (this.#soon === undefined) this.#askSoon();
    if (this.#stopping.signal.aborted || this.#failingSince !== undefined) return;
    this.#failingSince = performance.now();
    this.#logger.warn(error instanceof Error ? error.message : 'Meveto’s pending list could not be read.');
  }

  /** Meveto said when to come back: not earlier, and then indeed. */
  #waitAsTold(error: unknown): void {
    const retryAfterMs = error instanceof PendingCallsUnavailableError ? error.retryAfterMs : undefined;
    if (retryAfterMs === undefined) return;
    this.#notBefore = performance.now() + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
  }
}

/** Whole epoch milliseconds, half of the way to the next turn of the schedule: clocks of replicas may differ by as much. */
const halfwayToNext = (job: CronJob): number =>
  Math.round(Date.now() + (job.nextDate().toMillis() - Date.now()) / 2);
