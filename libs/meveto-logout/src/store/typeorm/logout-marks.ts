import type { LogoutsSince } from '../../logout/logout-register.port.js';
import { clockOf, type Dialect, marks, numberOf, run, rowsOf, type Script } from './sql.js';

/** The logouts whose time of commit is later than `since`. */
export function* marksSince(dialect: Dialect, table: string, since: number): Script<LogoutsSince> {
  const now = yield* clockOf(dialect);
  const rows = yield* rowsOf(`SELECT user_id, logged_out_at FROM ${table} WHERE settled_at > ?`, [since]);
  return {
    logouts: rows.map((row) => ({
      userId: String(row['user_id']),
      loggedOutAt: numberOf(row['logged_out_at']),
    })),
    asOf: now,
  };
}

/** Deletes up to `limit` logouts at or before this time. */
export function* forgetMarks(table: string, loggedOutAt: number, limit: number): Script<void> {
  const rows = yield* rowsOf(`SELECT user_id FROM ${table} WHERE logged_out_at <= ? LIMIT ${String(limit)}`, [
    loggedOutAt,
  ]);
  if (rows.length === 0) return;
  const ids = rows.map((row) => row['user_id'] as string);
  yield* run(`DELETE FROM ${table} WHERE logged_out_at <= ? AND user_id IN (${marks(ids.length)})`, [
    loggedOutAt,
    ...ids,
  ]);
}
