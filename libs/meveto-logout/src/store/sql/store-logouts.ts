import type { Logout } from '../logout.js';
import { inList, updateRows } from './lists.js';
import { logoutIn } from './logout-rows.js';
import { type Dialect, numberOf, run, rowsOf, type Script, type SqlValue } from './sql.js';

/** Logouts that are stored at the same time. */
interface StoredAt {
  readonly committedAt: number;
  /** The reason of the application's own logout; absent if Meveto requested the logout. */
  readonly reason?: string | undefined;
}

const COLUMNS = ['user_id', 'logged_out_at', 'committed_at', 'reason'];

/** Stores the given logout in the logout row, unless the row has a later one. Returns the later logout. */
export function* storeLogout(
  dialect: Dialect,
  table: string,
  { userId, loggedOutAt }: Logout,
  { committedAt, reason }: StoredAt,
): Script<Logout> {
  const given = { logged_out_at: loggedOutAt, committed_at: committedAt, reason: reason ?? null };
  const values = Object.values(given);
  const { affected } = yield* run(
    `UPDATE ${table} SET logged_out_at = ?, committed_at = ?, reason = ? WHERE user_id = ? AND logged_out_at < ?`,
    [...values, userId, loggedOutAt],
  );
  if (affected > 0) return logoutIn(userId, given);
  // There is no row, or a row with a later logout. If another replica deletes the row meanwhile, the insert adds it again.
  const insert = dialect.insertNew(table, COLUMNS, 1);
  if ((yield* run(insert, [userId, ...values])).affected > 0) return logoutIn(userId, given);
  const [known = given] = yield* rowsOf(`SELECT logged_out_at, reason FROM ${table} WHERE user_id = ?`, [
    userId,
  ]);
  return logoutIn(userId, known);
}

/** As {@link storeLogout}, for logouts of different users that Meveto requested. Returns the later logouts, by user id. */
export function* storeLogouts(
  dialect: Dialect,
  table: string,
  logouts: readonly Logout[],
  { committedAt }: StoredAt,
): Script<ReadonlyMap<string, Logout>> {
  const { sql, params } = inList(logouts.map(({ userId }) => userId));
  const rows = yield* rowsOf(
    `SELECT user_id, logged_out_at, reason FROM ${table} WHERE user_id IN (${sql}) ORDER BY user_id ${dialect.forUpdate}`,
    params,
  );
  const rowOf = new Map(rows.map((row) => [String(row['user_id']), row]));
  const results = new Map<string, Logout>(logouts.map((logout) => [logout.userId, logout]));
  const [earlier, missing]: [Logout[], Logout[]] = [[], []];
  for (const logout of logouts) {
    const row = rowOf.get(logout.userId);
    if (row === undefined) missing.push(logout);
    else if (numberOf(row['logged_out_at']) < logout.loggedOutAt) earlier.push(logout);
    else results.set(logout.userId, logoutIn(logout.userId, row));
  }
  yield* updateRows(dialect, {
    path: table,
    shared: { sql: 'committed_at = ?, reason = NULL', params: [committedAt] },
    columns: [{ name: 'logged_out_at', parameter: '?' }],
    key: { name: 'user_id', parameter: '?' },
    rows: earlier.map(({ userId, loggedOutAt }) => ({ key: userId, values: [loggedOutAt] })),
  });
  if (yield* areInserted(dialect, table, missing, committedAt)) return results;
  for (const logout of missing)
    results.set(logout.userId, yield* storeLogout(dialect, table, logout, { committedAt }));
  return results;
}

/** Inserts new rows. Returns false if some were there: another process has inserted them since they were searched. */
function* areInserted(
  dialect: Dialect,
  table: string,
  logouts: readonly Logout[],
  committedAt: number,
): Script<boolean> {
  const size = dialect.isInProcess ? 1 : logouts.length;
  let count = 0;
  for (let from = 0; from < logouts.length; from += size) {
    const some = logouts.slice(from, from + size);
    const values = some.flatMap(({ userId, loggedOutAt }): SqlValue[] => [
      userId,
      loggedOutAt,
      committedAt,
      null,
    ]);
    count += (yield* run(dialect.insertNew(table, COLUMNS, some.length), values)).affected;
  }
  return count === logouts.length;
}
