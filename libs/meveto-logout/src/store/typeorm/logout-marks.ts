import type { LogoutsSince } from '../../logout/logout-register.port.js';
import { clockOf, type Dialect, marks, numberOf, run, rowsOf, type Script, type SqlResult } from './sql.js';
/** The mark of nobody: until when logouts were forgotten. */
const FORGOTTEN = '';
const COLUMNS = ['user_id', 'logged_out_at', 'settled_at'];

/** The logouts whose time of commit is later than `since`. */
export function* marksSince(dialect: Dialect, table: string, since: number): Script<LogoutsSince> {
  const now = yield* clockOf(dialect);
  const rows = yield* rowsOf(
    `SELECT user_id, logged_out_at FROM ${table} WHERE settled_at > ? OR user_id = '${FORGOTTEN}'`,
    [since],
  );
  const isOfUser = (row: SqlResult['rows'][number]) => row['user_id'] !== FORGOTTEN;
  return {
    logouts: rows.filter(isOfUser).map((row) => ({
      userId: String(row['user_id']),
      loggedOutAt: numberOf(row['logged_out_at']),
    })),
    forgottenUntil: numberOf(rows.find((row) => !isOfUser(row))?.['logged_out_at']),
    asOf: now,
  };
}

/** Deletes up to `limit` logouts at or before this time, and notes the latest of them. */
export function* forgetMarks(
  dialect: Dialect,
  table: string,
  loggedOutAt: number,
  limit: number,
): Script<void> {
  const rows = yield* rowsOf(
    `SELECT user_id, logged_out_at FROM ${table} WHERE logged_out_at <= ? AND user_id <> '${FORGOTTEN}' LIMIT ${String(limit)}`,
    [loggedOutAt],
  );
  if (rows.length === 0) return;
  const latest = Math.max(...rows.map((row) => numberOf(row['logged_out_at'])));
  yield* run(dialect.insertNew(table, COLUMNS, 1), [FORGOTTEN, latest, latest]);
  yield* run(`UPDATE ${table} SET logged_out_at = ? WHERE user_id = '${FORGOTTEN}' AND logged_out_at < ?`, [
    latest,
    latest,
  ]);
  const ids = rows.map((row) => row['user_id'] as string);
  yield* run(`DELETE FROM ${table} WHERE logged_out_at <= ? AND user_id IN (${marks(ids.length)})`, [
    latest,
    ...ids,
  ]);
}
