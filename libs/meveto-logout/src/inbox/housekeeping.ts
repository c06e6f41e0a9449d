import { Inject, Injectable } from '@nestjs/common';
import {
  KNOWN_SENDER_FOR_MS,
  type Store,
  STORE,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
} from '../store/index.js';
import { Acknowledgement } from './acknowledgement.js';
import { JobEvents } from './job-events.js';
import { MevetoEvents } from '../core/index.js';
import { inboxEvents } from './events.js';
import type { JobTimes } from './job-outcome-events.js';
import { type OverdueJob, TokenStorage } from './token-storage.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

const EVERY_MS = 30_000;
const BATCH = 200;
/**
 * How long rejected jobs are kept. A later duplicate costs one more exchange and is rejected again. Most of these rows come
 * from floods of forged tokens, and must not fill the table as long as other finished jobs.
 */
const REJECTED_RETENTION_MS = 86_400_000;
/** Rejected jobs that are kept: enough to recognise repeated tokens of a flood. */
const MOST_INVALID = 100_000;
/** Allows more deletions than new jobs can add rows, but keeps each run bounded. */
const MAX_BATCHES = 50;

/** This process may never have seen a job that waited in the store. */
const NO_STEPS = { acknowledgedAfterMs: undefined, startedAfterMs: undefined, answeredAfterMs: undefined };

/** Expires old jobs and deletes finished jobs after their retention, at intervals and in small batches. */
@Injectable()
export class Housekeeping {
  #doneAt = performance.now();
  #running: Promise<unknown> | undefined;
  #isStopped = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(Acknowledgement) private readonly acknowledgement: Acknowledgement,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
  ) {}

  /** Begins a run, unless one is under way or not yet due. Never rejects: the next run repeats what failed. */
  run(): Promise<unknown> {
    if (this.#isStopped || performance.now() - this.#doneAt < EVERY_MS) return Promise.resolve();
    this.#running ??= this.#tidy()
      .then(
        () => {
          this.emitter.emit(inboxEvents.MEVETO_HOUSEKEEPING_RECOVERED);
        },
        () => {
          this.#failed();
        },
      )
      .finally(() => {
        this.#running = undefined;
        this.#doneAt = performance.now();
      });
    return this.#running;
  }

  /** Starts no further batch, and waits for the current one. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #tidy(): Promise<void> {
    await this.#inBatches(() => this.#expireKept());
    await this.#inBatches(() => this.#expire());
    await this.#inBatches(() => this.#purge());
  }

  /** The database's error is not reported: it may contain values. */
  #failed(): void {
    if (!this.#isStopped) this.emitter.emit(inboxEvents.MEVETO_HOUSEKEEPING_FAILED);
  }

  /** Repeats a batch as long as it is full. */
  async #inBatches(batch: () => Promise<number>): Promise<void> {
    for (let done = 0; done < MAX_BATCHES && !this.#isStopped; done += 1) {
      if ((await batch()) < BATCH) return;
    }
  }

  /** If an outcome cannot be persisted now, the lease of the job ends and the job expires in the store. */
  async #expireKept(): Promise<number> {
    const overdue = this.tokens.expire(BATCH);
    const expired: OverdueJob[] = [];
    const finish = async (each: OverdueJob): Promise<void> => {
      const reason = each.job.earlierAttemptUnknown ? TIME_TO_LIVE_OUTCOME_UNKNOWN : TIME_TO_LIVE;
      if (await this.store.inbox.finish(each.job, { state: 'expired', reason })) expired.push(each);
    };
    const finished = await Promise.allSettled(overdue.map(finish));
    this.#reportKept(expired);
    const failed = finished.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return overdue.length;
  }

  async #expire(): Promise<number> {
    const expired = await this.store.inbox.expire(this.options.jobTtlMs, BATCH);
    const { ids, agesMs, outcomeUnknownIds, unknownKindCount } = expired;
    this.#report(
      ids,
      agesMs.map((ms) => ({ ...NO_STEPS, sinceReceiptMs: ms })),
      outcomeUnknownIds,
    );
    ids.forEach(() => {
      this.events.finished('expired');
    });
    if (unknownKindCount > 0) this.emitter.emit(inboxEvents.MEVETO_UNKNOWN_KIND);
    return ids.length;
  }

  #reportKept(expired: readonly OverdueJob[]): void {
    const idsOf = (some: readonly OverdueJob[]): readonly string[] => some.map(({ job }) => job.id);
    const times = expired.map(({ job, startedAt }) => this.acknowledgement.timesOf(job, { startedAt }));
    this.#report(idsOf(expired), times, idsOf(expired.filter(({ job }) => job.earlierAttemptUnknown)));
    for (const { job } of expired) this.events.finished('expired', job.digest);
  }

  /** One event for a batch, so that the number of events stays small after an outage. */
  #report(jobIds: readonly string[], times: readonly JobTimes[], outcomeUnknownIds: readonly string[]): void {
    const { emitter } = this;
    const count = jobIds.length;
    if (count === 0) return;
    emitter.emit(inboxEvents.MEVETO_JOB_EXPIRED, { count, jobIds, reason: undefined, times });
    if (outcomeUnknownIds.length === 0) return;
    const unknown = { count: outcomeUnknownIds.length, jobIds: outcomeUnknownIds };
    emitter.emit(inboxEvents.MEVETO_JOB_EXPIRED_OUTCOME_UNKNOWN, unknown);
  }

  #purge(): Promise<number> {
    const { retentionMs, ambiguousRetentionMs } = this.options;
    const retention = {
      finishedMs: retentionMs,
      rejectedMs: Math.min(REJECTED_RETENTION_MS, retentionMs),
      ambiguousMs: ambiguousRetentionMs,
      invalidCount: MOST_INVALID,
      senderMs: KNOWN_SENDER_FOR_MS,
    };
    return this.store.inbox.purge(retention, BATCH);
  }
}
