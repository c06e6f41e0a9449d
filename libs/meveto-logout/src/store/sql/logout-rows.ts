import type { LogoutsSince, Logout } from '../logout.js';
import type { StepBack } from '../ordered-times.js';
import {
  clockOf,
  type Dialect,
  placeholders,
  numberOf,
  run,
  rowsOf,
  type Script,
  type SqlResult,
} from './sql.js';

/**
 * The user id of the metadata row. Its `logged_out_at` is the time of the latest deleted logout. Its `committed_at` is the latest
 * time of a process whose times were ahead of the clock, and its `reason` is how far the clock was set back, in milliseconds: see
 * {@link publishStepBack}.
 */
export const METADATA_USER_ID = '';
const COLUMNS = ['user_id', 'logged_out_at', 'committed_at'];

/** The logout in a row with the columns `logged_out_at` and `reason`. */
export function logoutIn(userId: string, row: SqlResult['rows'][number]): Logout {
  const { logged_out_at: loggedOutAt, reason } = row;
  return { userId, loggedOutAt: numberOf(loggedOutAt), ...(typeof reason === 'string' && { reason }) };
}

interface PolledLogouts extends LogoutsSince {
  /** The step back that this process still has to publish to other processes. */
  readonly unpublished: StepBack | undefined;
}

/**
 * How far a poll reaches back before the last one, in milliseconds. A transaction reads its time of commit shortly before the
 * commit, so a slow commit becomes visible later. Longer than a transaction of the module may take.
 */
export const overlapMs = (timeoutMs: number): number => Math.max(15_000, 3 * timeoutMs);

/** The logouts committed after the poll at `asOf`, and up to `overlapMs` before it. */
export function* logoutRowsSince(
  dialect: Dialect,
  table: string,
  asOf: number,
  overlapMs: number,
): Script<PolledLogouts> {
  const now = yield* clockOf(dialect);
  // The clock may have stepped back since the last poll.
  const since = Math.min(asOf, now) - overlapMs;
  const rows = yield* rowsOf(
    `SELECT user_id, logged_out_at, committed_at, reason FROM ${table} WHERE committed_at > ? OR user_id = '${METADATA_USER_ID}'`,
    [since],
  );
  for (const row of rows) dialect.times.learnEvent(numberOf(row['logged_out_at']));
  const isOfUser = (row: SqlResult['rows'][number]) => row['user_id'] !== METADATA_USER_ID;
  const metadata = rows.find((row) => !isOfUser(row));
  const published = stepBackIn(metadata?.['committed_at'], metadata?.['reason']);
  dialect.times.learnStepBack(published);
  return {
    logouts: rows.filter(isOfUser).map((row) => logoutIn(String(row['user_id']), row)),
    forgottenUntil: numberOf(metadata?.['logged_out_at']),
    asOf: now,
    unpublished: dialect.times.unpublished(now, published),
  };
}

/** The step back in the metadata row, of its columns `committed_at` and `reason`. */
export const stepBackIn = (committedAt: unknown, reason: unknown): StepBack => ({
  until: numberOf(committedAt),
  byMs: numberOf(reason),
});

/** Publishes a step back to all processes: each process reads the metadata row at its start and with every poll. */
export function* publishStepBack(dialect: Dialect, table: string, { until, byMs }: StepBack): Script<void> {
  const values = [until, String(byMs)];
  yield* run(dialect.insertNew(table, [...COLUMNS, 'reason'], 1), [METADATA_USER_ID, 0, ...values]);
  yield* run(
    `UPDATE ${table} SET committed_at = ?, reason = ? WHERE user_id = '${METADATA_USER_ID}' AND committed_at <= ?`,
    [...values, until],
  );
}

/** Deletes up to `limit` logouts at or before this time, and stores the time of the latest one in the metadata row. */
export function* forgetLogoutRows(
  dialect: Dialect,
  table: string,
  loggedOutAt: number,
  limit: number,
): Script<void> {
  const rows = yield* rowsOf(
    `SELECT user_id, logged_out_at FROM ${table} WHERE logged_out_at <= ? AND user_id <> '${METADATA_USER_ID}' LIMIT ${String(limit)}`,
    [loggedOutAt],
  );
  if (rows.length === 0) return;
  const latest = Math.max(...rows.map((row) => numberOf(row['logged_out_at'])));
  yield* run(dialect.insertNew(table, COLUMNS, 1), [METADATA_USER_ID, latest, latest]);
  yield* run(
    `UPDATE ${table} SET logged_out_at = ? WHERE user_id = '${METADATA_USER_ID}' AND logged_out_at < ?`,
    [latest, latest],
  );
  const ids = rows.map((row) => row['user_id'] as string);
  yield* run(`DELETE FROM ${table} WHERE logged_out_at <= ? AND user_id IN (${placeholders(ids.length)})`, [
    latest,
    ...ids,
  ]);
}
