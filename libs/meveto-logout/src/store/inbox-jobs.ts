import type { Priority, JobState, JobKind, FinalState } from './job.js';

/** A job as received. Its token is already sealed. */
export interface IncomingJob {
  readonly kind: JobKind;
  /** Keyed digest of the token: identifies duplicates without the token. */
  readonly digest: string;
  /** Digests of the same token by earlier keys. A job with one of these digests is a duplicate, too. Default: none. */
  readonly earlierDigests?: readonly string[];
  /** The sealed token; undefined if only the memory of the receiving process has the token. */
  readonly sealed: string | undefined;
  readonly priority: Priority;
  /** Keyed digest of the sender's address; undefined if the address is unknown. */
  readonly sender: string | undefined;
}

/** A job from Meveto's list of pending webhooks. */
export interface ListedJob extends IncomingJob {
  /** Meveto's id of the webhook. */
  readonly sourceId: string;
  /** When Meveto created the webhook, epoch milliseconds. A time in the future counts as now. */
  readonly createdAt: number | undefined;
}

/** A job that is leased to this worker until its lease ends. */
export interface ClaimedJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly digest: string;
  /** The sealed token; undefined if the token is, or was, only in the memory of the receiving process. */
  readonly sealed: string | undefined;
  readonly priority: Priority;
  /** Grows with every claim. A worker with an older fence may no longer write. */
  readonly fence: number;
  /** Number of attempts begun, this one included. */
  readonly attempts: number;
  /** Whether an earlier attempt may have used up the token, while its answer did not reach the store. */
  readonly earlierAttemptUnknown: boolean;
  /** Number of client errors (HTTP 4xx) so far; 0 once an attempt with another outcome may have used up the token. */
  readonly clientErrorCount: number;
  /** When the logout happened: Meveto's own time if known, else the first receipt. Epoch milliseconds. */
  readonly occurredAt: number;
  /** When the job was stored, by the store's clock, epoch milliseconds. The time to live counts from here. */
  readonly receivedAt: number;
  /** The same moment in this process's `performance.now()`: gives the job's age without comparing clocks. */
  readonly receivedTick: number;
}

/** A claimed job, and the Meveto ID with which Meveto answered its token. */
export interface NamedJob {
  readonly job: ClaimedJob;
  readonly mevetoId: string;
}

/** Why an attempt ended without a usable answer. */
export interface Release {
  /** Delay before the next attempt, in milliseconds. */
  readonly delayMs: number;
  /** False only if Meveto certainly did not receive the token. */
  readonly maybeSent: boolean;
  /** Whether the answer was a client error (HTTP 4xx). @defaultValue false */
  readonly isClientError?: boolean;
  readonly reason: string;
}

export interface JobOutcome {
  readonly state: Exclude<FinalState, 'applied' | 'unknown_user'>;
  readonly reason: string;
}

/** Listed webhooks whose jobs are due now. */
export interface OpenedJobs {
  /** New jobs. */
  readonly newCount: number;
  /** Known jobs that were finished before. */
  readonly reopenedCount: number;
}

/** The result of storing received jobs. Digests are those by the current key. */
export interface ReceivedJobs {
  /** Digests of the jobs that are due now: new jobs, and known jobs that were opened again. */
  readonly opened: readonly string[];
  /** Digests of the jobs that were not stored or opened, because their priority has no room. */
  readonly refused: readonly string[];
}

/** The result of storing jobs whose tokens are in this process's memory. */
export interface LeasedJobs extends Pick<ReceivedJobs, 'refused'> {
  /** Jobs claimed by this process. Their first attempts are marked as begun. */
  readonly leased: readonly ClaimedJob[];
  /** Stored digests of known, unfinished jobs that may be in flight in another process. */
  readonly elsewhere: readonly string[];
}

/** How long finished jobs and known senders are kept, in milliseconds. */
export interface Retention {
  readonly finishedMs: number;
  readonly rejectedMs: number;
  readonly ambiguousMs: number;
  /** How many jobs with invalid tokens are kept, latest first, so that a flood does not fill the disk. */
  readonly invalidCount: number;
  /** How long a known sender is kept, in milliseconds. */
  readonly senderMs: number;
}

/** Jobs that expired together. */
export interface ExpiredJobs {
  readonly ids: readonly string[];
  /** Time since each of them was stored, in milliseconds, in the order of `ids`. */
  readonly agesMs: readonly number[];
  /** Those with an attempt of unknown outcome: their tokens may be used up. */
  readonly outcomeUnknownIds: readonly string[];
  /** How many of them have a kind that this version does not know. */
  readonly unknownKindCount: number;
}

/** Counts of the jobs in the inbox. */
export interface InboxSummary {
  /** Number of jobs in each state, counted up to 100 000. */
  readonly jobs: Readonly<Record<JobState, number>>;
  /** Age of the oldest unfinished job in milliseconds; undefined if there is none. */
  readonly oldestPendingAgeMs: number | undefined;
}
