import type { IncomingJob } from '../inbox-jobs.js';
import { digestsOf } from '../listed-again.js';
import type { JobState } from '../job.js';
import { StoreUnavailableError } from '../errors.js';
import { NEW_JOB_COLUMNS } from './job-rows.js';
import {
  type Dialect,
  placeholders,
  run,
  rowsOf,
  type Script,
  type SqlResult,
  type SqlValue,
} from './sql.js';

/** The row of a known job. */
export type Row = SqlResult['rows'][number];
export const stateOf = (row: Row): JobState => row['state'] as JobState;
export const reasonOf = (row: Row): string | null => row['reason'] as string | null;

/** Compares keys: rows are written in the order of their keys, so that transactions do not block each other. */
export const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export const rowsByDigest = (rows: readonly Row[]): ReadonlyMap<string, Row> =>
  new Map(rows.map((row) => [String(row['digest']), row]));

/** The rows of these tokens by their digests, read without a lock. */
export function* rowsOfTokens(table: string, jobs: readonly IncomingJob[]): Script<ReadonlyMap<string, Row>> {
  const digests = jobs.flatMap(digestsOf);
  const rows = yield* rowsOf(
    `SELECT id, digest, source_id, state, reason, CASE WHEN sealed IS NULL THEN 1 ELSE 0 END AS is_unsealed FROM ${table}
      WHERE digest IN (${placeholders(digests.length)})`,
    digests,
  );
  return rowsByDigest(rows);
}

/** The row of a token. During a change of keys a token may have two rows; the row with the digest of the current key counts. */
export const rowOfToken = (rows: ReadonlyMap<string, Row>, job: IncomingJob): Row | undefined => {
  const digest = digestsOf(job).find((each) => rows.has(each));
  return digest === undefined ? undefined : rows.get(digest);
};

/**
 * The database has neither stored the row nor reported an error: INSERT IGNORE skips a row that violates a CHECK constraint, and a
 * trigger may skip one, too. The job must not be acknowledged.
 */
export const skippedRow = (): StoreUnavailableError =>
  new StoreUnavailableError('store a job: the database skips its row', { isRowFault: true });

/** Inserts new jobs, except those whose digest or id is known. Returns the number of inserted rows. */
export function* insertNewJobs(
  dialect: Dialect,
  table: string,
  rows: readonly (readonly SqlValue[])[],
): Script<number> {
  if (dialect.insertNewFromJson !== undefined) {
    const objects = rows.map((row) =>
      Object.fromEntries(NEW_JOB_COLUMNS.map((column, index) => [column, row[index]])),
    );
    const sql = dialect.insertNewFromJson(table, NEW_JOB_COLUMNS);
    return (yield* run(sql, [JSON.stringify(objects)])).affected;
  }
  const perInsert = dialect.isInProcess ? 1 : rows.length;
  const sql = dialect.insertNew(table, NEW_JOB_COLUMNS, perInsert);
  let inserted = 0;
  for (let from = 0; from < rows.length; from += perInsert)
    inserted += (yield* run(sql, rows.slice(from, from + perInsert).flat())).affected;
  return inserted;
}
