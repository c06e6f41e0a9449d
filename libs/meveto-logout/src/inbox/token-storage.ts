import type {
  ClaimedJob,
  IncomingJob,
  ListedJob,
  OpenedJobs,
  Release,
  Room,
  UserToken,
} from '../store/index.js';
import type { JobLease } from './leases.js';

/** A job with its token in clear text, before it is stored. */
export type WithToken<T extends IncomingJob> = Omit<T, 'sealed'> & { readonly token: UserToken };

export interface StoredJobs {
  /** Digests of the jobs that are due now: new jobs, and known jobs that were opened again. */
  readonly opened: readonly string[];
  /** Digests of the jobs that were not stored, because their priority has no room. */
  readonly refused: readonly string[];
  /** Stored digests of jobs whose tokens are in the memory of another process, which may be processing them. */
  readonly elsewhere: readonly string[];
}

/** How many jobs, and how many of them of unknown senders. */
export interface Allowed {
  readonly all: number;
  readonly unknownSenders: number;
}

/** What the worker gives to a claim. */
export interface Claim {
  /** How many jobs may be claimed now. */
  readonly allowed: () => Allowed;
  /** Ids of the jobs that this process has claimed. */
  readonly inFlight: () => readonly string[];
  /** Takes a claimed job, to start it. */
  readonly start: (job: ClaimedJob, lease: JobLease) => void;
}

/** A job that waited for longer than `inbox.jobTtlMs`. */
export interface OverdueJob {
  readonly job: ClaimedJob;
  /** When its last attempt began, of `performance.now()`; undefined without an attempt. */
  readonly startedAt: number | undefined;
}

/**
 * Keeps the tokens of jobs from their receipt to their last attempt. The option `inbox.tokenStorage` chooses one of two ways:
 * sealed in the row of the job, or in the memory of this process.
 */
export abstract class TokenStorage {
  /** How many calls of `store` may be in flight. */
  abstract readonly batchesAtOnce: number;

  /**
   * Stores jobs and their tokens.
   * @param take takes the jobs; called once, when the transaction has begun
   * @param room how many jobs may be stored or opened in each priority
   * @throws {StoreUnavailableError} when this process is stopping and would have to keep the tokens.
   */
  abstract store(take: () => readonly WithToken<IncomingJob>[], room: Room): Promise<StoredJobs>;

  /**
   * Stores listed webhooks as jobs, with their tokens.
   * @throws {InboxFullError} when the memory for tokens is full.
   * @throws {StoreUnavailableError} as `store`.
   */
  abstract storeListed(jobs: readonly WithToken<ListedJob>[]): Promise<OpenedJobs>;

  /** How many listed webhooks can be stored as jobs now. */
  abstract roomForListed(): Promise<number>;

  /** The token of a claimed job; undefined if no key opens it, or if it is not in the memory of this process. */
  abstract tokenOf(job: ClaimedJob): UserToken | undefined;

  /** Claims as many due jobs as are allowed, by priority. Resolves with their number. */
  abstract claim(claim: Claim): Promise<number>;

  /** Records a failed attempt: the job waits for its next attempt, with its token. */
  abstract afterFailure(job: ClaimedJob, failure: Release): Promise<void>;

  /** Ends the attempt of a job. Forgets the token unless the job waits for another attempt in this process. */
  abstract done(job: ClaimedJob): void;

  /**
   * Forgets up to `limit` tokens of waiting jobs that are older than `inbox.jobTtlMs`, and returns the jobs, for the caller to
   * finish. Jobs whose tokens are in the store expire there.
   */
  abstract expire(limit: number): readonly OverdueJob[];

  /** Accepts no more tokens that would be lost with this process, and claims no more jobs from the store. */
  abstract stop(): void;

  /** Whether a job waits for its next attempt whose token would be lost with this process. */
  abstract hasDue(): boolean;

  /** Releases the jobs whose tokens are lost with this process. */
  abstract close(): Promise<void>;
}
