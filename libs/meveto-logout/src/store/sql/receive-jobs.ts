import type { IncomingJob, ReceivedJobs } from '../inbox-jobs.js';
import { resumesWithToken } from '../listed-again.js';
import type { Room } from '../job.js';
import { FreePlaces } from './priorities.js';
import {
  compare,
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
import { clockOf, type Dialect, numberOf, run, type Script } from './sql.js';

/** A received job and its row. */
interface KnownToken {
  readonly job: IncomingJob;
  readonly row: Row;
}

/**
 * Looks up all jobs. Then stores new jobs and opens jobs again that resume with their tokens, as far as there is room. Reads
 * without a lock, so that jobs in flight cause no wait. Writes known rows in the order of their ids, then new rows in the order
 * of their digests: processes with overlapping batches must not block each other. SQLite has no locks of rows: there an INSERT
 * finds known rows, too, and only these are looked up.
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
  if (dialect.isInProcess && places.suffice(batch) && !batch.some(hasEarlierDigests)) {
    const { stored, knownMeanwhile: known } = yield* storeNew(dialect, table, [...batch].sort(byDigest), now);
    const again = yield* receivedAgain(dialect, table, known, now);
    return { opened: [...stored.map(({ digest }) => digest), ...again], refused: [] };
  }
  const rows = yield* rowsOfTokens(table, batch);
  const known: KnownToken[] = [];
  const unknown: IncomingJob[] = [];
  const refused: string[] = [];
  for (const job of batch) {
    const row = rowOfToken(rows, job);
    if (needsRoom(row) && !places.take(job.priority)) refused.push(job.digest);
    else if (row === undefined) unknown.push(job);
    else known.push({ job, row });
  }
  const again = yield* receivedAgain(dialect, table, known, now);
  const { stored, knownMeanwhile } = yield* storeNew(dialect, table, unknown.sort(byDigest), now);
  const meanwhile = yield* receivedAgain(dialect, table, knownMeanwhile, now);
  return { opened: [...again, ...stored.map(({ digest }) => digest), ...meanwhile], refused };
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
