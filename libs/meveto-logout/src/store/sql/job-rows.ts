import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../errors.js';
import type { ClaimedJob, IncomingJob, ListedJob } from '../inbox-jobs.js';
import { JOB_KINDS, type JobState, type JobKind, isJobKind, priorityOf, rankOf } from '../job.js';
import { digestsOf } from '../listed-again.js';
import type { OrderedTimes } from '../ordered-times.js';
import {
  type Dialect,
  placeholders,
  numberOf,
  run,
  rowsOf,
  type Script,
  type SqlResult,
  type SqlValue,
} from './sql.js';

/** The columns of a new job, in the order of {@link newRow}. */
export const NEW_JOB_COLUMNS = [
  'id',
  'digest',
  'source_id',
  'kind',
  'state',
  'sealed',
  'priority',
  'sender',
  'received_at',
  'occurred_at',
  'due_at',
  'fence',
  'attempts',
  'unknown_attempts',
  'client_errors',
  'listed_at',
] as const;

/** The values of a new job. A job with a `sourceId` is a listed webhook. */
export function newRow(
  { kind, digest, sealed, priority, sender, sourceId, createdAt }: IncomingJob & Partial<ListedJob>,
  now: number,
  times: OrderedTimes,
  state: JobState = 'pending',
): SqlValue[] {
  const occurredAt = times.ofReceipt(now, createdAt);
  const facts = [digest, sourceId ?? null, kind, state, sealed ?? null, rankOf(priority), sender ?? null];
  const listedAt = sourceId === undefined ? null : now;
  return [newId(now), ...facts, times.clock(now), occurredAt, now, 0, 0, 0, 0, listedAt];
}

/** A UUID of version 7. Ids of one time lie side by side in an index, so that a batch of new jobs changes few of its pages. */
function newId(now: number): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The columns that a claim reads. */
export const CLAIM_COLUMNS =
  'id, kind, digest, sealed, priority, fence, attempts, unknown_attempts, client_errors, received_at, occurred_at';

/** The condition that this version knows the row's kind. Other rows stay for a replica that knows their kind. */
export const hasKnownKind = ({ exactly }: Dialect): string =>
  `${exactly('kind')} IN (${JOB_KINDS.map((kind) => `'${kind}'`).join(', ')})`;

type WorkableRow = Row & { readonly kind: JobKind };

/** As {@link hasKnownKind}, for a row that was read. */
export const isWorkable = (row: Row): row is WorkableRow => isJobKind(String(row['kind']));

/** Leases those of the found rows whose kind this version knows. The caller has locked the rows. */
export function* takeRows(
  table: string,
  times: OrderedTimes,
  found: SqlResult['rows'],
  now: number,
  leaseMs: number,
): Script<ClaimedJob[]> {
  const rows = found.filter(isWorkable);
  if (rows.length === 0) return [];
  yield* run(
    `UPDATE ${table} SET due_at = ?, reason = NULL, fence = fence + 1, attempts = attempts + 1,
      unknown_attempts = unknown_attempts + 1 WHERE id IN (${placeholders(rows.length)})`,
    [now + leaseMs, ...rows.map((row) => row['id'] as string)],
  );
  const jobs = rows.map((row) => claimedJob(row, now));
  for (const { receivedAt, occurredAt } of jobs) times.learnEvent(Math.max(receivedAt, occurredAt));
  return jobs;
}

/** The claimed job, from its row as it was before the claim. */
function claimedJob(row: WorkableRow, now: number): ClaimedJob {
  const unknownAttempts = numberOf(row['unknown_attempts']);
  const clientErrors = numberOf(row['client_errors']);
  const receivedAt = numberOf(row['received_at']);
  return {
    id: String(row['id']),
    kind: row.kind,
    digest: String(row['digest']),
    sealed: (row['sealed'] as string | null) ?? undefined,
    priority: priorityOf(numberOf(row['priority'])),
    fence: numberOf(row['fence']) + 1,
    attempts: numberOf(row['attempts']) + 1,
    earlierAttemptUnknown: unknownAttempts > 0,
    clientErrorCount: clientErrors === unknownAttempts ? clientErrors : 0,
    receivedAt,
    receivedTick: performance.now() - (now - receivedAt),
    occurredAt: numberOf(row['occurred_at']),
  };
}

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
  if (dialect.insertNewFromJson !== undefined)
    return (yield* run(dialect.insertNewFromJson(table, NEW_JOB_COLUMNS), [jsonOf(rows)])).affected;
  const perInsert = dialect.isInProcess ? 1 : rows.length;
  const sql = dialect.insertNew(table, NEW_JOB_COLUMNS, perInsert);
  let inserted = 0;
  for (let from = 0; from < rows.length; from += perInsert)
    inserted += (yield* run(sql, rows.slice(from, from + perInsert).flat())).affected;
  return inserted;
}

/**
 * As {@link insertNewJobs}, before any of the jobs is looked up. Returns 0 if that could wait for a row that another transaction has
 * locked, or if a server knows one of the jobs: there known rows are locked before new ones are written.
 */
export function* insertFirst(
  dialect: Dialect,
  table: string,
  rows: readonly (readonly SqlValue[])[],
): Script<number> {
  if (dialect.isInProcess) return yield* insertNewJobs(dialect, table, rows);
  if (dialect.insertAllNewFromJson === undefined) return 0;
  const sql = dialect.insertAllNewFromJson(table, NEW_JOB_COLUMNS, 'digest');
  return (yield* run(sql, [jsonOf(rows)])).affected;
}

const jsonOf = (rows: readonly (readonly SqlValue[])[]): string =>
  JSON.stringify(
    rows.map((row) => Object.fromEntries(NEW_JOB_COLUMNS.map((column, index) => [column, row[index]]))),
  );
