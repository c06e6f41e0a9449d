import type { IncomingJob, ReceivedJobs } from '../inbox-jobs.js';
import { resumesWithToken } from '../listed-again.js';
import { priorityOf, type Priority, type Room } from '../job.js';
import {
  compare,
  hasKnownKind,
  insertFirst,
  insertNewJobs,
  newRow,
  reasonOf,
  type Row,
  rowOfToken,
  rowsOfTokens,
  skippedRow,
  stateOf,
} from './job-rows.js';
import { reopen } from './reopen-job.js';
import { clockOf, type Dialect, numberOf, placeholders, run, rowsOf, type Script, unindexed } from './sql.js';

/** A received job and its row. */
interface KnownToken {
  readonly job: IncomingJob;
  readonly row: Row;
}

/**
 * Stores new jobs and opens jobs again that resume with their tokens, as far as there is room. A batch of new jobs is mostly stored by
 * one INSERT; otherwise all jobs are looked up. Reads without a lock, so that jobs in flight cause no wait. Writes known rows in the
 * order of their ids, then new rows in the order of their digests: processes with overlapping batches must not block each other.
 */
export function* receive(
  dialect: Dialect,
  table: string,
  jobs: readonly IncomingJob[],
  room?: Room,
): Script<ReceivedJobs> {
  if (jobs.length === 0) return { opened: [], refused: [] };
  const now = yield* clockOf(dialect);
  // A repeated receipt counts as a receipt, too: a login in the same millisecond begins later.
  dialect.times.ofReceipt(now);
  const batch = onceEach(jobs);
  const places = new FreePlaces(room);
  const first = places.suffice(batch) && !batch.some(hasEarlierDigests) ? [...batch].sort(byDigest) : [];
  const firstRows = first.map((job) => newRow(job, now, dialect.times));
  if (first.length > 0 && (yield* insertFirst(dialect, table, firstRows)) === first.length)
    return { opened: first.map(({ digest }) => digest), refused: [] };
  const ids = new Set(firstRows.map(([id]) => id));
  const rows = yield* rowsOfTokens(table, batch);
  const { stored, known, unknown, refused } = divided(batch, rows, ids, places);
  const again = yield* receivedAgain(dialect, table, known, now);
  const later = yield* storeNew(dialect, table, unknown, now);
  const meanwhile = yield* receivedAgain(dialect, table, later.knownMeanwhile, now);
  return {
    opened: [...stored, ...again, ...later.stored.map(({ digest }) => digest), ...meanwhile],
    refused,
  };
}

/** Jobs that were looked up. */
interface Divided {
  /** Digests of jobs whose rows have these ids. */
  readonly stored: readonly string[];
  readonly known: readonly KnownToken[];
  readonly unknown: readonly IncomingJob[];
  /** Digests of jobs without room. */
  readonly refused: readonly string[];
}

/** Gives the places to those jobs that need one, in the order of the batch. */
function divided(
  batch: readonly IncomingJob[],
  rows: ReadonlyMap<string, Row>,
  ids: ReadonlySet<unknown>,
  places: FreePlaces,
): Divided {
  const stored: string[] = [];
  const known: KnownToken[] = [];
  const unknown: IncomingJob[] = [];
  const refused: string[] = [];
  for (const job of batch) {
    const row = rowOfToken(rows, job);
    if (needsRoom(row) && !places.take(job.priority)) refused.push(job.digest);
    else if (row === undefined) unknown.push(job);
    else if (ids.has(row['id'])) stored.push(job.digest);
    else known.push({ job, row });
  }
  return { stored, known, unknown: unknown.sort(byDigest), refused };
}

/** The order in which new rows are written. Their unique digests are what transactions wait for. */
const byDigest = (one: IncomingJob, other: IncomingJob): number => compare(one.digest, other.digest);
const byId = (one: KnownToken, other: KnownToken): number =>
  compare(String(one.row['id']), String(other.row['id']));

/** Whether a row of the job may have a digest by an earlier key, which an INSERT does not find. */
const hasEarlierDigests = ({ earlierDigests = [] }: IncomingJob): boolean => earlierDigests.length > 0;

/** Keeps the first job of each token. */
const onceEach = (jobs: readonly IncomingJob[]): readonly IncomingJob[] => {
  const first = new Map<string, IncomingJob>();
  for (const job of jobs) if (!first.has(job.digest)) first.set(job.digest, job);
  return [...first.values()];
};

/** Whether the job of this row will wait, and does not wait yet. */
const needsRoom = (row: Row | undefined): boolean =>
  row === undefined || (stateOf(row) !== 'pending' && resumesWithToken(stateOf(row), reasonOf(row)));

/** Stores new jobs. Another replica may have stored some of them since they were looked up. */
function* storeNew(
  dialect: Dialect,
  table: string,
  jobs: readonly IncomingJob[],
  now: number,
): Script<{ readonly stored: readonly IncomingJob[]; readonly knownMeanwhile: readonly KnownToken[] }> {
  if (jobs.length === 0) return { stored: [], knownMeanwhile: [] };
  const values = jobs.map((job) => newRow(job, now, dialect.times));
  if ((yield* insertNewJobs(dialect, table, values)) === jobs.length)
    return { stored: jobs, knownMeanwhile: [] };
  const rows = yield* rowsOfTokens(table, jobs);
  const ids = new Set(values.map(([id]) => id));
  const found = jobs.map((job) => {
    const row = rowOfToken(rows, job);
    if (row === undefined) throw skippedRow();
    return { job, row };
  });
  return {
    stored: found.filter(({ row }) => ids.has(String(row['id']))).map(({ job }) => job),
    knownMeanwhile: found.filter(({ row }) => !ids.has(String(row['id']))),
  };
}

/** Opens jobs again that resume with their tokens, and stores the tokens of waiting jobs that have none. Returns the digests of opened jobs. */
function* receivedAgain(
  dialect: Dialect,
  table: string,
  known: readonly KnownToken[],
  now: number,
): Script<string[]> {
  const opened: string[] = [];
  for (const { job, row } of [...known].sort(byId)) {
    if (resumesWithToken(stateOf(row), reasonOf(row))) {
      if ((yield* reopen(dialect, table, row, job, now)) > 0) opened.push(job.digest);
    } else if (stateOf(row) === 'pending' && numberOf(row['is_unsealed']) === 1) {
      yield* keepToken(table, row, job);
    }
  }
  return opened;
}

/** Stores the token of a job whose token was only in the memory of one process, which may have ended. */
function* keepToken(table: string, row: Row, { digest, sealed }: IncomingJob): Script<void> {
  if (sealed === undefined) return;
  // The token is sealed for this digest.
  yield* run(
    `UPDATE ${table} SET sealed = ?, digest = ? WHERE id = ? AND state = 'pending' AND sealed IS NULL`,
    [sealed, digest, String(row['id'])],
  );
}

/** Gives the room to the jobs of one batch, in the order of the batch. */
class FreePlaces {
  readonly #left: Record<Priority, number>;

  /** @param room unlimited by default */
  constructor(room: Room = { listed: Infinity, known: Infinity, unknown: Infinity }) {
    this.#left = { ...room };
  }

  /** Whether there is a place for each of these jobs, known ones included. */
  suffice(jobs: readonly { readonly priority: Priority }[]): boolean {
    const count = { listed: 0, known: 0, unknown: 0 };
    for (const { priority } of jobs) count[priority] += 1;
    return (
      count.listed <= this.#left.listed &&
      count.known <= this.#left.known &&
      count.unknown <= this.#left.unknown
    );
  }

  /** Takes a place in a priority. Returns false if there is none. */
  take(priority: Priority): boolean {
    if (this.#left[priority] <= 0) return false;
    this.#left[priority] -= 1;
    return true;
  }
}

/** The senders among these that were confirmed within the last `withinMs`. */
export function* confirmedAmong(
  dialect: Dialect,
  table: string,
  senders: readonly string[],
  withinMs: number,
): Script<string[]> {
  const rows = yield* rowsOf(
    `SELECT sender FROM ${table} WHERE sender IN (${placeholders(senders.length)}) AND confirmed_at > ${dialect.nowMs} - ?`,
    [...senders, withinMs],
  );
  return rows.map((row) => String(row['sender']));
}

/** The digests among these whose jobs are unfinished. */
export function* unfinishedAmong(table: string, digests: readonly string[]): Script<string[]> {
  const rows = yield* rowsOf(
    `SELECT digest FROM ${table} WHERE digest IN (${placeholders(digests.length)}) AND ${unindexed('state')} = 'pending'`,
    digests,
  );
  return rows.map((row) => String(row['digest']));
}

/** Counts the unfinished jobs of known kinds in each priority. */
export function* waitingByPriority(dialect: Dialect, table: string): Script<Record<Priority, number>> {
  const rows = yield* rowsOf(
    `SELECT priority, COUNT(*) AS job_count FROM ${table} WHERE state = 'pending' AND ${hasKnownKind(dialect)} GROUP BY priority`,
  );
  const waiting = { listed: 0, known: 0, unknown: 0 };
  for (const row of rows) waiting[priorityOf(numberOf(row['priority']))] = numberOf(row['job_count']);
  return waiting;
}
