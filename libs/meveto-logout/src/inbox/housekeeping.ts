import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  KNOWN_SENDER_FOR_MS,
  type ExpiredJobs,
  type Store,
  STORE,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
} from '../store/index.js';
import { JobEvents } from './job-events.js';
import { Counters, OneWarning } from '../core/index.js';
import { TokenStorage } from './token-storage.js';
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

/** Expires old jobs and deletes finished jobs after their retention, at intervals and in small batches. */
@Injectable()
export class Housekeeping {
  readonly #logger = new Logger('MevetoLogout');
  readonly #unknownKind = new OneWarning(
    'Stored jobs of a kind that this version does not know waited for inbox.jobTtlMs and expired with the reason unknown-kind. A ' +
      "newer version of nestjs-meveto-logout stored them: run it on every replica. See listJobs({ state: 'expired' }) and docs/modes.md.",
  );
  #doneAt = performance.now();
  #running: Promise<unknown> | undefined;
  #isStopped = false;
  #isFailing = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
  ) {}

  /** Begins a run, unless one is under way or not yet due. Never rejects: the next run repeats what failed. */
  run(): Promise<unknown> {
    if (this.#isStopped || performance.now() - this.#doneAt < EVERY_MS) return Promise.resolve();
    this.#running ??= this.#tidy()
      .then(
        () => (this.#isFailing = false),
        () => this.#failed(),
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

  /** Warns once per series of failures. The database's error is not logged: it may contain values. */
  #failed(): void {
    if (!this.#isFailing && !this.#isStopped) {
      this.#logger.warn(
        'Old jobs could not be expired or deleted. Trying again every half minute. Is the database unavailable, or may its user ' +
          'not UPDATE or DELETE jobs?',
      );
    }
    this.#isFailing = true;
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
    const expired = { count: 0, outcomeUnknownCount: 0 };
    try {
      for (const job of overdue) {
        const isUnknown = job.earlierAttemptUnknown;
        const reason = isUnknown ? TIME_TO_LIVE_OUTCOME_UNKNOWN : TIME_TO_LIVE;
        if (!(await this.store.inbox.finish(job, { state: 'expired', reason }))) continue;
        expired.count += 1;
        if (isUnknown) expired.outcomeUnknownCount += 1;
      }
    } finally {
      this.#report(expired);
    }
    return overdue.length;
  }

  async #expire(): Promise<number> {
    const expired = await this.store.inbox.expire(this.options.jobTtlMs, BATCH);
    this.#report(expired);
    return expired.count;
  }

  #report({ count, outcomeUnknownCount, unknownKindCount = 0 }: ExpiredJobs): void {
    this.counters.add('job_expired', count);
    this.counters.add('job_expired_outcome_unknown', outcomeUnknownCount);
    for (let reported = 0; reported < count; reported += 1) this.events.finished('expired');
    if (outcomeUnknownCount > 0) this.#logUnknownOutcomes(outcomeUnknownCount);
    if (unknownKindCount > 0) this.#unknownKind.pass();
  }

  #logUnknownOutcomes(outcomeUnknownCount: number): void {
    this.#logger.error(
      `${String(outcomeUnknownCount)} jobs expired after attempts with an unknown outcome: Meveto may have used up their ` +
        `tokens, and the people may still be signed in. See listJobs({ state: 'expired' }) and docs/modes.md.`,
    );
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
