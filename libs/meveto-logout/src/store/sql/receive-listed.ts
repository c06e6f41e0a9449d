import type { ListedJob, OpenedJobs } from '../inbox-jobs.js';
import { digestsOf, whenListedAgain } from '../listed-again.js';
import {
  compare,
  insertNewJobs,
  newRow,
  reasonOf,
  type Row,
  rowOfToken,
  rowsByDigest,
  skippedRow,
  stateOf,
} from './job-rows.js';
import { reopen } from './reopen-job.js';
import { clockOf, type Dialect, placeholders, numberOf, run, rowsOf, type Script } from './sql.js';

/** The shortest time between two updates of `listed_at`, because the list may be read every second. */
const NOTED_FOR_MS = 30_000;

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
  for (const job of inOrder(jobs)) {
    if (yield* isStored(dialect, table, job, now)) opened.newCount += 1;
    else if (yield* listedAgain(dialect, table, job, now)) opened.reopenedCount += 1;
  }
  return opened;
}

/** Stores a new job. Returns false if the job is known. */
function* isStored(dialect: Dialect, table: string, job: ListedJob, now: number): Script<boolean> {
  if (yield* isKnownByEarlierKeys(table, job)) return false;
  return (yield* insertNewJobs(dialect, table, [newRow(job, now, dialect.times)])) > 0;
}

function* isKnownByEarlierKeys(table: string, { earlierDigests = [] }: ListedJob): Script<boolean> {
  if (earlierDigests.length === 0) return false;
  const rows = yield* rowsOf(
    `SELECT digest FROM ${table} WHERE digest IN (${placeholders(earlierDigests.length)})`,
    earlierDigests,
  );
  return rows.length > 0;
}

/** The jobs in the order of their digests. Several tokens of one id stay together, in the order of the list: the first one counts. */
function inOrder(jobs: readonly ListedJob[]): readonly ListedJob[] {
  const first = new Map<string, string>();
  for (const { sourceId, digest } of jobs) if (!first.has(sourceId)) first.set(sourceId, digest);
  const keyOf = ({ sourceId, digest }: ListedJob): string => first.get(sourceId) ?? digest;
  return [...jobs].sort((one, other) => compare(keyOf(one), keyOf(other)));
}

/**
 * Searches without a lock, and then locks the rows by their ids. In a small table a search reads all rows, and would wait for the
 * rows of other transactions.
 */
function* lockInOrder(dialect: Dialect, table: string, jobs: readonly ListedJob[]): Script<void> {
  if (jobs.length < 2) return;
  const sourceIds = jobs.map(({ sourceId }) => sourceId);
  const digests = jobs.flatMap(digestsOf);
  const known = yield* rowsOf(
    `SELECT id FROM ${table} WHERE source_id IN (${placeholders(sourceIds.length)}) OR digest IN (${placeholders(digests.length)})`,
    [...sourceIds, ...digests],
  );
  if (known.length === 0) return;
  yield* rowsOf(
    `SELECT id FROM ${table} WHERE id IN (${placeholders(known.length)}) ORDER BY id ${dialect.forUpdate}`,
    known.map((row) => String(row['id'])),
  );
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
  const row = rowOfToken(rowsByDigest(rows), job) ?? rows[0];
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
