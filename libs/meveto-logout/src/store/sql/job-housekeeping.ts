import type { ExpiredJobs, Retention } from '../inbox-jobs.js';
import {
  JOB_STATES,
  type FinalState,
  INVALID_TOKEN,
  KEY_MISSING,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
  UNKNOWN_KIND,
} from '../job.js';
import { hasKnownKind, isWorkable } from './job-rows.js';
import {
  clockOf,
  type Dialect,
  placeholders,
  numberOf,
  run,
  rowsOf,
  type Script,
  selected,
  type SqlResult,
  type Selection,
} from './sql.js';

const isFinal = (state: string): state is FinalState => state !== 'pending';

/** Finishes unfinished jobs as expired, except jobs that are leased. */
export function* expire(
  dialect: Dialect,
  table: string,
  ttlMs: number,
  limit: number,
  selection: Selection,
): Script<ExpiredJobs> {
  const now = yield* clockOf(dialect);
  const rows = yield* overdue(table, now, { ttlMs, limit }, selection, dialect.forUpdateSkipLocked);
  const idsOf = (some: SqlResult['rows']): string[] => some.map((row) => String(row['id']));
  const ids = idsOf(rows);
  const outcomeUnknownIds = idsOf(rows.filter((row) => numberOf(row['unknown_attempts']) > 0));
  const expired = {
    ids,
    agesMs: rows.map((row) => now - numberOf(row['received_at'])),
    outcomeUnknownIds,
    unknownKindCount: rows.filter((row) => !isWorkable(row)).length,
  };
  if (rows.length === 0) return expired;
  yield* run(
    `UPDATE ${table} SET state = 'expired', reason = CASE WHEN unknown_attempts > 0 THEN '${TIME_TO_LIVE_OUTCOME_UNKNOWN}'
      WHEN NOT (${hasKnownKind(dialect)}) THEN '${UNKNOWN_KIND}' WHEN reason = '${KEY_MISSING}' THEN '${KEY_MISSING}' ELSE '${TIME_TO_LIVE}' END, sealed = NULL, finished_at = ?, fence = fence + 1 WHERE id IN (${placeholders(rows.length)})`,
    [now, ...ids],
  );
  return expired;
}

/** All expired jobs of several transactions. */
export const allOf = (parts: readonly ExpiredJobs[]): ExpiredJobs => ({
  ids: parts.flatMap(({ ids }) => ids),
  agesMs: parts.flatMap(({ agesMs }) => agesMs),
  outcomeUnknownIds: parts.flatMap(({ outcomeUnknownIds }) => outcomeUnknownIds),
  unknownKindCount: parts.reduce((sum, part) => sum + part.unknownKindCount, 0),
});

/** The ids of the jobs that {@link expire} would finish. */
export function* overdueIds(
  dialect: Dialect,
  table: string,
  ttlMs: number,
  limit: number,
  selection: Selection,
): Script<string[]> {
  const rows = yield* overdue(table, yield* clockOf(dialect), { ttlMs, limit }, selection, '');
  return rows.map((row) => String(row['id']));
}

function* overdue(
  table: string,
  now: number,
  { ttlMs, limit }: { readonly ttlMs: number; readonly limit: number },
  selection: Selection,
  lock: string,
): Script<SqlResult['rows']> {
  const { sql, params } = selected('id', selection);
  return yield* rowsOf(
    `SELECT id, kind, unknown_attempts, received_at FROM ${table} WHERE state = 'pending' AND due_at <= ? AND received_at <= ? ${sql}
      LIMIT ${String(limit)} ${lock}`,
    [now, now - ttlMs, ...params],
  );
}

/** Deletes up to `limit` finished jobs whose retention is over. */
export function* purge(
  dialect: Dialect,
  table: string,
  retention: Retention,
  limit: number,
  selection: Selection,
): Script<number> {
  const now = yield* clockOf(dialect);
  const ids = yield* finishedIds(table, now, { retention, limit }, selection, dialect.forUpdateSkipLocked);
  if (ids.length === 0) return 0;
  const remove = `DELETE FROM ${table} WHERE state <> 'pending' AND id IN (${placeholders(ids.length)})`;
  return (yield* run(remove, ids)).affected;
}

/** The ids of the jobs that {@link purge} would delete. */
export function* purgeableIds(
  dialect: Dialect,
  table: string,
  retention: Retention,
  limit: number,
  selection: Selection,
): Script<string[]> {
  return yield* finishedIds(table, yield* clockOf(dialect), { retention, limit }, selection, '');
}

interface Purge {
  readonly retention: Retention;
  readonly limit: number;
}

function* finishedIds(
  table: string,
  now: number,
  { retention, limit }: Purge,
  selection: Selection,
  lock: string,
): Script<string[]> {
  const { sql, params } = selected('id', selection);
  const ids: string[] = [];
  for (const state of JOB_STATES.filter(isFinal)) {
    const keptSince = now - keptFor(state, retention);
    const rows = yield* rowsOf(
      `SELECT id FROM ${table} WHERE state = ? AND finished_at <= ? AND (listed_at IS NULL OR listed_at <= ?) ${sql}
        LIMIT ${String(limit - ids.length)} ${lock}`,
      [state, keptSince, keptSince, ...params],
    );
    ids.push(...rows.map((row) => String(row['id'])));
    if (ids.length === limit) break;
  }
  const left = { retention, limit: limit - ids.length };
  return [...ids, ...(yield* beyondInvalidCount(table, now, left, selection, lock))];
}

/** The ids of the oldest jobs with invalid tokens, beyond `invalidCount`, whose retention is not over. */
function* beyondInvalidCount(
  table: string,
  now: number,
  { retention: { invalidCount, rejectedMs }, limit }: Purge,
  selection: Selection,
  lock: string,
): Script<string[]> {
  if (limit <= 0) return [];
  const [last] = yield* rowsOf(
    `SELECT finished_at FROM ${table} WHERE state = 'rejected' AND finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT 1 OFFSET ${String(invalidCount)}`,
  );
  if (last === undefined) return [];
  const { sql, params } = selected('id', selection);
  const rows = yield* rowsOf(
    `SELECT id FROM ${table} WHERE state = 'rejected' AND finished_at <= ? AND finished_at > ? AND reason = '${INVALID_TOKEN}' AND listed_at IS NULL ${sql}
      LIMIT ${String(limit)} ${lock}`,
    [numberOf(last['finished_at']), now - rejectedMs, ...params],
  );
  return rows.map((row) => String(row['id']));
}

/** Deletes up to `limit` known senders whose retention is over. */
export function* forgetSenders(
  dialect: Dialect,
  table: string,
  senderMs: number,
  limit: number,
): Script<void> {
  const confirmedAt = (yield* clockOf(dialect)) - senderMs;
  const rows = yield* rowsOf(
    `SELECT sender FROM ${table} WHERE confirmed_at <= ? LIMIT ${String(limit)} ${dialect.forUpdateSkipLocked}`,
    [confirmedAt],
  );
  if (rows.length === 0) return;
  const senders = rows.map((row) => String(row['sender']));
  yield* run(`DELETE FROM ${table} WHERE sender IN (${placeholders(senders.length)})`, senders);
}

const keptFor = (state: FinalState, { finishedMs, rejectedMs, ambiguousMs }: Retention): number =>
  state === 'rejected' ? rejectedMs : state === 'ambiguous' ? ambiguousMs : finishedMs;
