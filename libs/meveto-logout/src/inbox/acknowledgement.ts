import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { within } from '../core/index.js';
import { LogoutUnfinishedError } from './errors.js';
import { type ClaimedJob, type Store, STORE } from '../store/index.js';
import { JobEvents } from './job-events.js';
import type { JobTimes } from './job-outcome-events.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

/** How long Meveto's request waits for the job to finish. */
const WITHIN_MS = 5_000;
/** How often the store is queried for jobs that another replica may have finished. */
const QUERY_EVERY_MS = 150;
const MAX_DIGESTS_PER_QUERY = 500;
/** Acknowledged jobs whose time is remembered until they finish in this process. */
const MOST_REMEMBERED = 10_000;

/** When steps of an attempt took place, of `performance.now()`; undefined for those that this process did not see. */
export interface SeenSteps {
  readonly startedAt?: number | undefined;
  readonly answeredAt?: number | undefined;
}

interface Waiter {
  /** The job's digests, by the current key and earlier ones. */
  readonly digests: readonly string[];
  readonly resolve: () => void;
}

/**
 * Decides when a stored job may be acknowledged: at once, or when the job has finished, here or on another replica. Events
 * report the jobs of this process. For the jobs of other replicas one query to the store covers all waiting requests. Remembers when this
 * process acknowledged a job, for the times of its steps.
 */
@Injectable()
export class Acknowledgement {
  readonly #waiters = new Set<Waiter>();
  /** Waiters that no query has covered yet. */
  #fresh: Waiter[] = [];
  #isQuerying = false;
  /** By digest, of `performance.now()`. */
  readonly #acknowledgedAt = new LRUCache<string, number>({ max: MOST_REMEMBERED });
  #wake: () => void = () => undefined;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(JobEvents) events: JobEvents,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
  ) {
    events.finished$.subscribe(({ digest }) => {
      if (digest === undefined) return;
      this.#acknowledgedAt.delete(digest);
      for (const waiter of this.#waiters) if (waiter.digests.includes(digest)) waiter.resolve();
    });
  }

  /**
   * Resolves when the stored job may be acknowledged.
   * @param digests of its token, by the current key and earlier ones
   * @param receivedAt of `performance.now()`
   * @throws {LogoutUnfinishedError} when the job has not finished five seconds after its receipt; the work continues.
   */
  async ready(digests: readonly string[], receivedAt: number): Promise<void> {
    if (this.options.acknowledge === 'on-receipt') {
      this.#remember(digests[0]);
      return;
    }
    if (this.#waiters.size >= this.options.maxWaitingPerPriority) throw new LogoutUnfinishedError();
    await this.#finished(digests, receivedAt + WITHIN_MS - performance.now());
  }

  /** When this process acknowledged an unfinished job on receipt, of `performance.now()`; undefined if another process did. */
  acknowledgedAt(digest: string): number | undefined {
    return this.#acknowledgedAt.get(digest);
  }

  /** The times of a job's steps since it was stored. The clock of the store has whole milliseconds only. */
  timesOf(
    { receivedTick, digest }: Pick<ClaimedJob, 'receivedTick' | 'digest'>,
    { startedAt, answeredAt }: SeenSteps = {},
  ): JobTimes {
    const after = (at: number): number => Math.max(0, at - receivedTick);
    const ifSeen = (at: number | undefined): number | undefined => (at === undefined ? undefined : after(at));
    return {
      acknowledgedAfterMs: ifSeen(this.acknowledgedAt(digest)),
      startedAfterMs: ifSeen(startedAt),
      answeredAfterMs: ifSeen(answeredAt),
      sinceReceiptMs: after(performance.now()),
    };
  }

  /** Meveto may repeat a webhook: the first acknowledgement counts. */
  #remember(digest: string | undefined): void {
    if (digest === undefined || this.#acknowledgedAt.has(digest)) return;
    this.#acknowledgedAt.set(digest, performance.now());
  }

  async #finished(digests: readonly string[], withinMs: number): Promise<void> {
    let waiter: Waiter | undefined;
    const finished = new Promise<void>((resolve) => {
      waiter = { digests, resolve };
    });
    if (waiter !== undefined) this.#watch(waiter);
    try {
      await within(Math.max(0, withinMs), finished, () => new LogoutUnfinishedError());
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  #watch(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#fresh.push(waiter);
    this.#wake();
    if (this.#isQuerying) return;
    this.#isQuerying = true;
    void this.#queryWhileAnyWaits().finally(() => {
      this.#isQuerying = false;
    });
  }

  /** Queries at once for new waiters, whose jobs may have finished before, and at intervals for all waiters. */
  async #queryWhileAnyWaits(): Promise<void> {
    let allAt = performance.now() + QUERY_EVERY_MS;
    while (this.#waiters.size > 0) {
      await this.#pause(allAt - performance.now());
      const isForAll = performance.now() >= allAt;
      if (isForAll) allAt = performance.now() + QUERY_EVERY_MS;
      const waiters = isForAll ? [...this.#waiters] : this.#fresh;
      this.#fresh = [];
      await this.#query(waiters);
    }
  }

  /** Waits until the next query is due: only briefly if there are new waiters. */
  async #pause(untilDueMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, untilDueMs);
      // All requests that the event loop already holds share one query.
      this.#wake = () => {
        clearTimeout(timer);
        setImmediate(resolve);
      };
      if (this.#fresh.length > 0) this.#wake();
    });
    this.#wake = () => undefined;
  }

  async #query(waiters: readonly Waiter[]): Promise<void> {
    const digests = waiters.flatMap((waiter) => waiter.digests);
    try {
      const unfinished = new Set<string>();
      for (let from = 0; from < digests.length; from += MAX_DIGESTS_PER_QUERY) {
        const some = digests.slice(from, from + MAX_DIGESTS_PER_QUERY);
        for (const digest of await this.store.inbox.unfinished(some)) unfinished.add(digest);
      }
      for (const { digests: own, resolve } of waiters) {
        if (!own.some((digest) => unfinished.has(digest))) resolve();
      }
    } catch {
      // The store is unavailable: the next query tries again, until the five seconds are over.
    }
  }
}
