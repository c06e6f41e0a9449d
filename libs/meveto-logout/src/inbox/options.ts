import {
  type Faults,
  group,
  integer,
  isObject,
  milliseconds,
  oneOf,
  type Resolved,
  type TableOf,
} from '../core/index.js';

/** How jobs are accepted, processed and kept. */
export interface InboxOptions {
  /**
   * When Meveto gets a 2xx answer: `'on-receipt'`, once the job is on disk, or `'after-logout'`, once the job has finished with
   * any outcome. `'after-logout'` waits at most 5 s, and then answers 503 while the work continues.
   * @defaultValue 'on-receipt'
   * @see docs/modes.md#acknowledge
   */
  readonly acknowledge?: 'on-receipt' | 'after-logout';
  /**
   * Where a token is kept while its job waits: `'sealed'`, encrypted in the store, or `'none'`, only in the memory of the
   * process that received the token. With `'none'` a job becomes ambiguous if that process ends first.
   * @defaultValue 'sealed'
   * @see docs/modes.md#tokenstorage
   */
  readonly tokenStorage?: 'sealed' | 'none';
  /**
   * Exchanges in flight at the same time, per process. Integer, 1 to 256.
   * @defaultValue 16
   */
  readonly concurrency?: number;
  /**
   * Exchanges started per second, per process. Integer, 1 to 10 000.
   * @defaultValue 100
   */
  readonly perSecond?: number;
  /**
   * How many jobs may wait with each of the three priorities (from the list of pending webhooks, from known senders, from
   * unknown senders). Beyond that Meveto gets a 503 answer, and no more of the list is stored. Integer, 100 to 1 000 000.
   * @defaultValue 10000
   */
  readonly maxWaitingPerPriority?: number;
  /**
   * How long a replica may process a job before another replica takes the job over. Integer, 1 000 to 30 000.
   * @defaultValue 8000
   */
  readonly leaseMs?: number;
  /**
   * How long an unfinished job is tried before it expires. Integer, 60 000 to 2 592 000 000 (30 days).
   * @defaultValue 86400000 (24 hours)
   */
  readonly jobTtlMs?: number;
  /**
   * How long finished jobs are kept, so that late duplicates are recognised: applied jobs, jobs of unknown users and expired
   * jobs. Rejected jobs are kept for at most a day, ambiguous jobs for `logouts.maxSessionAgeMs` if that is longer. Integer,
   * 3 600 000 (an hour) to 31 536 000 000 (a year).
   * @defaultValue 604800000 (7 days)
   */
  readonly retentionMs?: number;
  /**
   * How long a stopping process waits for exchanges in flight. Integer, 0 to 60 000.
   * @defaultValue 7000
   */
  readonly shutdownTimeoutMs?: number;
}

const DAY_MS = 86_400_000;

export const inboxTable = {
  acknowledge: oneOf('on-receipt', 'after-logout'),
  tokenStorage: oneOf('sealed', 'none'),
  concurrency: integer(16, 1, 256),
  perSecond: integer(100, 1, 10_000),
  maxWaitingPerPriority: integer(10_000, 100, 1_000_000),
  leaseMs: milliseconds(8_000, 1_000, 30_000),
  jobTtlMs: milliseconds(DAY_MS, 60_000, 30 * DAY_MS),
  retentionMs: milliseconds(7 * DAY_MS, 3_600_000, 365 * DAY_MS),
  shutdownTimeoutMs: milliseconds(7_000, 0, 60_000),
} satisfies TableOf<InboxOptions>;

export interface ResolvedInbox extends Resolved<typeof inboxTable> {
  /** How long ambiguous jobs are kept: as long as a session may live that the job should have ended. */
  readonly ambiguousRetentionMs: number;
}

/** Token of the resolved options of this folder. */
export const INBOX_OPTIONS = Symbol.for('nestjs-meveto-logout:inbox-options');

export const resolveInbox = (given: unknown, faults: Faults): Resolved<typeof inboxTable> =>
  group(inboxTable).read('inbox', isObject(given) ? given['inbox'] : undefined, faults);
