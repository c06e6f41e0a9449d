import type {
  ClaimedJob,
  JobOutcome,
  ExpiredJobs,
  LeasedJobs,
  IncomingJob,
  InboxSummary,
  ListedJob,
  OpenedJobs,
  ReceivedJobs,
  Release,
  Retention,
} from '../inbox-jobs.js';
import type { JobPage, JobQuery } from '../job-record.js';
import { isolated, RowByRow, WriteBatches } from '../isolation.js';
import type { Priority, Room } from '../job.js';
import { claim, dueIds } from './claim-jobs.js';
import { confirmedAmong, unfinishedAmong, waitingByPriority, receive } from './receive-jobs.js';
import { discard, retryNow, list, summary } from './job-admin.js';
import { allOf, expire, forgetSenders, overdueIds, purge, purgeableIds } from './job-housekeeping.js';
import { beginAgain, receiveLeased, receiveListedLeased, renew } from './leased-jobs.js';
import { receiveListed } from './receive-listed.js';
import { type AttemptEnd, endAttempts } from './released-jobs.js';
import type { SqlEngine } from './sql.js';
import type { Tables } from './tables.js';

/**
 * The durable queue of jobs. This version does not count, claim, retry or resolve a job whose kind it does not know: a replica
 * that knows the kind does. Every method that writes resolves after the commit is on disk.
 * @throws {StoreUnavailableError} from every method when the store does not answer.
 */
export class Inbox {
  private readonly jobs: string;
  readonly #rows: RowByRow;
  readonly #ends = new WriteBatches<AttemptEnd, boolean>({
    // The next batch waits for this one. A locked row is tried again alone.
    write: (ends) => this.#endAll(ends, Math.ceil(this.engine.timeoutMs / 8)),
    alone: async (end) => (await this.#endAll([end], this.engine.timeoutMs))[0] ?? false,
  });

  constructor(
    private readonly engine: SqlEngine,
    private readonly tables: Pick<Tables, 'jobs' | 'senders'>,
  ) {
    this.jobs = tables.jobs;
    this.#rows = new RowByRow(engine);
  }

  /**
   * How many batches may be received at the same time. While a server answers one, another batch is prepared; SQLite commits all that
   * wait together.
   */
  get batchesAtOnce(): number {
    return this.engine.dialect.isInProcess ? 1 : 3;
  }

  /**
   * Stores new jobs. Known jobs stay unchanged, with one exception: a job that finished because
   * its token was lost, unreadable or not answered in time is opened again with the token received now. Other known jobs take no
   * room, and cost the same statements in every state. A server looks all jobs up first; SQLite may find known ones by the INSERT.
   * @param jobs the jobs, or a function that takes them once, when the transaction has begun
   * @param room how many jobs may be stored or opened in each priority; unlimited by default
   */
  receive(jobs: Batch<IncomingJob>, room?: Room): Promise<ReceivedJobs> {
    const taken = takenOnce(jobs);
    const script = () => receive(this.engine.dialect, this.jobs, taken(), room);
    return this.engine.transaction('store a job', script, this.#lockWaitMs(jobs));
  }

  /**
   * Stores listed webhooks and resolves with the number of jobs that are due now. Jobs with a known id or digest stay unchanged,
   * with two exceptions that are opened again: an expired job, and an ambiguous job for which the list has a new id or token.
   */
  receiveListed(jobs: readonly ListedJob[]): Promise<OpenedJobs> {
    const script = () => receiveListed(this.engine.dialect, this.jobs, jobs);
    return this.engine.transaction('store listed webhooks', script, this.#lockWaitMs(jobs));
  }

  /**
   * As `receive`, for jobs without a sealed token. Claims for `leaseMs` every job that it stores or opens again, and every known,
   * unfinished job that is not leased.
   */
  receiveLeased(jobs: Batch<IncomingJob>, leaseMs: number, room?: Room): Promise<LeasedJobs> {
    const { dialect } = this.engine;
    const taken = takenOnce(jobs);
    const script = () => receiveLeased(dialect, this.jobs, taken(), leaseMs, room);
    return this.engine.transaction('store a job', script, this.#lockWaitMs(jobs));
  }

  /** As `receiveListed`, for jobs without a sealed token. Claims the jobs that are due. */
  receiveListedLeased(jobs: readonly ListedJob[], leaseMs: number): Promise<readonly ClaimedJob[]> {
    if (jobs.length === 0) return Promise.resolve([]);
    const { dialect } = this.engine;
    const script = () => receiveListedLeased(dialect, this.jobs, jobs, leaseMs);
    return this.engine.transaction('store listed webhooks', script, this.#lockWaitMs(jobs));
  }

  /**
   * Renews these claims for `leaseMs` from now, all in one transaction. Resolves with the ids of the renewed claims. A lost claim
   * stays lost.
   */
  async renew(jobs: readonly ClaimedJob[], leaseMs: number): Promise<string[]> {
    if (jobs.length === 0) return [];
    const { dialect } = this.engine;
    const { results } = await isolated(jobs, (some) =>
      this.engine.transaction('renew claims', () => renew(dialect, this.jobs, some, leaseMs)),
    );
    return results.flat();
  }

  /**
   * Records a failed attempt and marks the next one as begun, without releasing the job. Resolves with the renewed claim, or
   * undefined if the claim is lost.
   */
  beginAgain(job: ClaimedJob, failure: Release, leaseMs: number): Promise<ClaimedJob | undefined> {
    const { dialect } = this.engine;
    return this.engine.transaction('begin an attempt', () =>
      beginAgain(dialect, this.jobs, job, failure, leaseMs),
    );
  }

  /**
   * Leases up to `limit` due jobs for `leaseMs`, in the order of their priorities. Within a priority the job that has been due for
   * the longest time comes first; a job is due from its receipt, or from the end of the delay after a failed attempt. Marks an
   * attempt as begun on each job in the same transaction: after a crash the job counts as one whose token may be used up.
   * @param inFlight ids of jobs that are in flight in this process; never returned, even when their leases have ended
   * @param unknownSenderLimit the most jobs of unknown senders; `limit` by default
   */
  async claim(
    limit: number,
    leaseMs: number,
    inFlight: readonly string[] = [],
    unknownSenderLimit = limit,
  ): Promise<ClaimedJob[]> {
    const claimed = { limit, leaseMs, inFlight, unknownSenderLimit };
    const { dialect } = this.engine;
    const jobs = await this.#rows.change(
      'claim jobs',
      (selection) => claim(dialect, this.jobs, claimed, selection),
      (selection) => dueIds(dialect, this.jobs, claimed, selection),
    );
    return jobs.flat();
  }

  /** Releases a job. Does nothing if the claim is lost or already released, so that a repetition after a lost answer is safe. */
  async release(job: ClaimedJob, failure: Release): Promise<void> {
    await this.#end({ job, failure });
  }

  /**
   * Finishes a job and erases its token. Resolves false and writes nothing if the claim is lost. The same holds for the reason
   * `TOKEN_LOST` if the token has been received again. Resolves true if the same claim already finished the job with this outcome,
   * so that a repetition after a lost answer is safe.
   */
  finish(job: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
    return this.#end({ job, outcome });
  }

  /** Finishes unfinished jobs older than `ttlMs` as expired and erases their tokens. Includes jobs of unknown kinds. */
  async expire(ttlMs: number, limit: number): Promise<ExpiredJobs> {
    const { dialect } = this.engine;
    const expired = await this.#rows.change(
      'expire jobs',
      (selection) => expire(dialect, this.jobs, ttlMs, limit, selection),
      (selection) => overdueIds(dialect, this.jobs, ttlMs, limit, selection),
    );
    return allOf(expired);
  }

  /**
   * Deletes finished jobs whose retention is over and that were not listed within that time, and known senders whose retention is
   * over. Resolves with the number of jobs.
   */
  async purge(retention: Retention, limit: number): Promise<number> {
    const { dialect } = this.engine;
    const { senders } = this.tables;
    const purged = await this.#rows.change(
      'purge jobs',
      (selection) => purge(dialect, this.jobs, retention, limit, selection),
      (selection) => purgeableIds(dialect, this.jobs, retention, limit, selection),
    );
    await this.engine.transaction('forget senders', () =>
      forgetSenders(dialect, senders, retention.senderMs, limit),
    );
    return purged.reduce((sum, count) => sum + count, 0);
  }

  /** Jobs in one state, latest first: unfinished jobs by their receipt, others by the time when they finished. */
  list(query: JobQuery): Promise<JobPage> {
    return this.engine.read('list jobs', () => list(this.jobs, query), true);
  }

  /** Makes a job due now that waits after a failed attempt. Resolves false if there is no such job. */
  retryNow(id: string): Promise<boolean> {
    return this.engine.transaction('retry a job now', () => retryNow(this.engine.dialect, this.jobs, id));
  }

  /** Finishes an ambiguous or expired job as rejected, with this reason. Resolves false if there is no such job. */
  discard(id: string, reason: string): Promise<boolean> {
    const { dialect } = this.engine;
    return this.engine.transaction('discard a job', () => discard(dialect, this.jobs, id, reason));
  }

  /** The senders among these that sent a job within the last `withinMs` for which Meveto named the user. */
  async knownSenders(senders: readonly string[], withinMs: number): Promise<string[]> {
    if (senders.length === 0) return [];
    return this.engine.read('find known senders', () =>
      confirmedAmong(this.engine.dialect, this.tables.senders, senders, withinMs),
    );
  }

  /** The digests among these whose jobs are unfinished. */
  async unfinished(digests: readonly string[]): Promise<string[]> {
    if (digests.length === 0) return [];
    return this.engine.read('find unfinished jobs', () => unfinishedAmong(this.jobs, digests));
  }

  /** Number of unfinished jobs in each priority. */
  waitingByPriority(): Promise<Record<Priority, number>> {
    return this.engine.read('count waiting jobs', () => waitingByPriority(this.engine.dialect, this.jobs));
  }

  summary(): Promise<InboxSummary> {
    return this.engine.read('count jobs', () => summary(this.engine.dialect, this.jobs), true);
  }

  /** On a server in one transaction with others. SQLite commits all transactions that wait together. */
  async #end(end: AttemptEnd): Promise<boolean> {
    if (!this.engine.dialect.isInProcess) return this.#ends.add(end);
    return (await this.#endAll([end], this.engine.timeoutMs))[0] ?? false;
  }

  #endAll(ends: readonly AttemptEnd[], lockWaitMs: number): Promise<readonly boolean[]> {
    const script = () => endAttempts(this.engine.dialect, this.jobs, ends);
    return this.engine.transaction('end attempts', script, lockWaitMs);
  }

  /** A locked row must not use up the time of the other jobs in its batch. Meveto repeats the webhook. */
  #lockWaitMs(jobs: Batch<IncomingJob>): number {
    return Math.ceil(this.engine.timeoutMs / (typeof jobs !== 'function' && jobs.length === 1 ? 4 : 8));
  }
}

/** Jobs, or a function that takes them later. */
type Batch<T> = readonly T[] | (() => readonly T[]);

/** A transaction that is repeated writes the same jobs again. */
function takenOnce<T>(batch: Batch<T>): () => readonly T[] {
  let taken = typeof batch === 'function' ? undefined : batch;
  return () => (taken ??= typeof batch === 'function' ? batch() : batch);
}
