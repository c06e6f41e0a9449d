import type { IncomingJob, ListedJob, OpenedJobs, ReceivedJobs } from '../inbox-jobs.js';
import { digestsOf, resumesWithToken, isSameToken, whenListedAgain } from '../listed-again.js';
import { type JobState, KEY_MISSING, REPLACED } from '../job.js';
import { StoreUnavailableError } from '../errors.js';
import { rankOf, type Room } from '../priority.js';
import { FreePlaces } from './priorities.js';
import { hasKnownKind, NEW_JOB_COLUMNS, newRow } from './job-rows.js';
import {
  clockOf,
  type Dialect,
  placeholders,
  numberOf,
  run,
  rowsOf,
  type Script,
  type SqlResult,
  type SqlValue,
} from './sql.js';

/** The shortest time between two updates of `listed_at`, because the list may be read every second. */
const NOTED_FOR_MS = 30_000;

/** A received job and its row. */
interface KnownToken {
  readonly job: IncomingJob;
  readonly row: Row;
}

/**
 * Looks up all jobs. Then stores new jobs and opens jobs again that resume with their tokens, as far as there is room. Reads
 * without a lock, so that jobs in flight cause no wait. Writes known rows in the order of their ids, then new rows in the order
 * of their digests: processes with overlapping batches must not block each other.
 */
export function* receive(
  dialect: Dialect,
  table: string,
  jobs: readonly IncomingJob[],
  room?: Room,
): Script<ReceivedJobs> {
  const now = yield* clockOf(dialect);
  // A repeated receipt counts as a receipt, too: a login in the same millisecond begins later.
  dialect.times.ofReceipt(now);
  const batch = onceEach(jobs);
  const rows = yield* rowsOfTokens(table, batch);
  const places = new FreePlaces(room);
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
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * The database has neither stored the row nor reported an error: INSERT IGNORE skips a row that violates a CHECK constraint, and a
 * trigger may skip one, too. The job must not be acknowledged.
 */
const skippedRow = (): StoreUnavailableError =>
  new StoreUnavailableError('store a job: the database skips its row', { isRowFault: true });

/** Keeps the first job of each token. */
const onceEach = (jobs: readonly IncomingJob[]): readonly IncomingJob[] => {
  const first = new Map<string, IncomingJob>();
  for (const job of jobs) if (!first.has(job.digest)) first.set(job.digest, job);
  return [...first.values()];
};

function* rowsOfTokens(table: string, jobs: readonly IncomingJob[]): Script<readonly Row[]> {
  const digests = jobs.flatMap(digestsOf);
  return yield* rowsOf(
    `SELECT id, digest, source_id, state, reason, CASE WHEN sealed IS NULL THEN 1 ELSE 0 END AS is_unsealed FROM ${table}
      WHERE digest IN (${placeholders(digests.length)})`,
    digests,
  );
}

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
  const { affected } = yield* run(dialect.insertNew(table, NEW_JOB_COLUMNS, values.length), values.flat());
  if (affected === jobs.length) return { stored: jobs, knownMeanwhile: [] };
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

/** The row of a token. During a change of keys a token may have two rows; the row with the digest of the current key counts. */
const rowOfToken = (rows: readonly Row[], job: IncomingJob): Row | undefined =>
  rows.find((row) => row['digest'] === job.digest) ??
  rows.find((row) => isSameToken(String(row['digest']), job));

/** Stores the token of a job whose token was only in the memory of one process, which may have ended. */
function* keepToken(table: string, row: Row, { digest, sealed }: IncomingJob): Script<void> {
  if (sealed === undefined) return;
  // The token is sealed for this digest.
  yield* run(
    `UPDATE ${table} SET sealed = ?, digest = ? WHERE id = ? AND state = 'pending' AND sealed IS NULL`,
    [sealed, digest, String(row['id'])],
  );
}

/** The jobs that have no row with a digest by an earlier key. */
function* unknownToEarlierKeys<T extends IncomingJob>(
  table: string,
  jobs: readonly T[],
): Script<readonly T[]> {
  const digests = jobs.flatMap(({ earlierDigests = [] }) => earlierDigests);
  if (digests.length === 0) return jobs;
  const rows = yield* rowsOf(
    `SELECT digest FROM ${table} WHERE digest IN (${placeholders(digests.length)})`,
    digests,
  );
  const known = new Set(rows.map((row) => String(row['digest'])));
  return jobs.filter(({ earlierDigests = [] }) => !earlierDigests.some((digest) => known.has(digest)));
}

/**
 * Stores listed webhooks. Returns the number of jobs that are due now. Locks known rows in the order of their ids, then writes in the
 * order of the digests, as {@link receive} does.
 */
export function* receiveListed(
  dialect: Dialect,
  table: string,
  jobs: readonly ListedJob[],
): Script<OpenedJobs> {
  const now = yield* clockOf(dialect);
  const opened = { newCount: 0, reopenedCount: 0 };
  yield* lockInOrder(dialect, table, jobs);
  for (const job of [...jobs].sort(byDigest)) {
    const [unknown] = yield* unknownToEarlierKeys(table, [job]);
    const row = unknown === undefined ? undefined : newRow(job, now, dialect.times);
    if (row !== undefined && (yield* isInserted(dialect, table, row))) opened.newCount += 1;
    else if (yield* listedAgain(dialect, table, job, now)) opened.reopenedCount += 1;
  }
  return opened;
}

function* lockInOrder(dialect: Dialect, table: string, jobs: readonly ListedJob[]): Script<void> {
  if (jobs.length < 2) return;
  const sourceIds = jobs.map(({ sourceId }) => sourceId);
  const digests = jobs.flatMap(digestsOf);
  yield* rowsOf(
    `SELECT id FROM ${table} WHERE source_id IN (${placeholders(sourceIds.length)}) OR digest IN (${placeholders(digests.length)})
      ORDER BY id ${dialect.forUpdate}`,
    [...sourceIds, ...digests],
  );
}

function* isInserted(dialect: Dialect, table: string, row: readonly SqlValue[]): Script<boolean> {
  return (yield* run(dialect.insertNew(table, NEW_JOB_COLUMNS, 1), row)).affected > 0;
}

/** Updates a known job that is listed again. Returns true if the job is opened again. */
function* listedAgain(dialect: Dialect, table: string, job: ListedJob, now: number): Script<boolean> {
  const digests = digestsOf(job);
  const rows = yield* rowsOf(
    `SELECT id, digest, source_id, state, reason, listed_at FROM ${table} WHERE source_id = ? OR digest IN (${placeholders(digests.length)}) ${dialect.forUpdate}`,
    [job.sourceId, ...digests],
  );
  yield* noteListed(table, rows, now);
  // If there are two rows, one has the token and the other one has Meveto's id, which stays there.
  const row = rowOfToken(rows, job) ?? rows[0];
  if (row === undefined) throw skippedRow();
  const isKnownTwice = rows.length > 1;
  const sourceId = isKnownTwice ? job.sourceId : (row['source_id'] as string | null);
  const known = { digest: String(row['digest']), sourceId, state: stateOf(row), reason: reasonOf(row) };
  switch (whenListedAgain(known, job)) {
    case 'leave':
      return false;
    case 'set-source-id':
      yield* run(`UPDATE ${table} SET source_id = ? WHERE id = ?`, [job.sourceId, String(row['id'])]);
      return false;
    case 'reopen':
      return (
        (yield* reopen(dialect, table, isKnownTwice ? row : { ...row, source_id: job.sourceId }, job, now)) >
        0
      );
  }
}

/** Stores the time of the listing. A listed job is not purged, because it would then count as new. */
function* noteListed(table: string, rows: readonly Row[], now: number): Script<void> {
  for (const row of rows) {
    if (numberOf(row['listed_at']) > now - NOTED_FOR_MS) continue;
    yield* run(`UPDATE ${table} SET listed_at = ? WHERE id = ?`, [now, String(row['id'])]);
  }
}

/**
 * Opens a job again, unless another process has done so meanwhile. The counters of attempts stay if the token is the same. A known
 * kind stays, too, so that a sender that repeats the token cannot change the effect of the job.
 */
function* reopen(dialect: Dialect, table: string, row: Row, job: IncomingJob, now: number): Script<number> {
  const isNewToken = !isSameToken(String(row['digest']), job);
  const { affected } = yield* run(
    `UPDATE ${table} SET state = 'pending', kind = CASE WHEN ${hasKnownKind(dialect)} THEN kind ELSE ? END, digest = ?, source_id = ?, sealed = ?, priority = ?, due_at = ?, received_at = ?,
      fence = fence + 1, ${isNewToken ? 'unknown_attempts = 0, client_errors = 0,' : ''} finished_at = NULL, reason = NULL
      WHERE id = ? AND state = ? AND (state <> 'pending' OR reason = '${KEY_MISSING}')`,
    [
      job.kind,
      job.digest,
      row['source_id'] as string | null,
      job.sealed ?? null,
      rankOf(job.priority),
      now,
      now,
      String(row['id']),
      stateOf(row),
    ],
  );
  if (affected > 0 && isNewToken) yield* rememberReplaced(dialect, table, row, job, now);
  return affected;
}

/** Adds a row for the former token of a job, so that this token is recognised when received again. */
function* rememberReplaced(
  dialect: Dialect,
  table: string,
  row: Row,
  job: IncomingJob,
  now: number,
): Script<void> {
  const { kind, priority } = job;
  const replaced = { kind, priority, digest: String(row['digest']), sealed: undefined, sender: undefined };
  const columns = [...NEW_JOB_COLUMNS, 'finished_at', 'reason'];
  const values = newRow(replaced, now, dialect.times, 'rejected');
  yield* run(dialect.insertNew(table, columns, 1), [...values, now, REPLACED]);
}

type Row = SqlResult['rows'][number];
const stateOf = (row: Row): JobState => row['state'] as JobState;
const reasonOf = (row: Row): string | null => row['reason'] as string | null;
