import { type ApplyOutcome, withOthers } from '../job.js';
import type { Logout } from '../logout.js';
import type { FoundUser } from './found-user.js';
import type { AccessTokenTable, UserTable } from './host-tables.js';
import { logoutIn } from './logout-rows.js';
import {
  clockIn,
  type Dialect,
  inList,
  lookUp,
  numberOf,
  padded,
  rowsOf,
  run,
  type Script,
  type SqlResult,
  type SqlValue,
  updateRows,
} from './sql.js';
import type { FoundUsers } from './user-rows.js';
import { revokeAccessTokens } from './revoke-access-tokens.js';

/** Columns of a logout row. */
const COLUMNS = ['user_id', 'logged_out_at', 'committed_at', 'reason'];

/** A user, and the time of a logout. */
export interface UserLogout {
  readonly user: FoundUser;
  readonly occurredAt: number;
}

interface SoleUsers {
  /** By Meveto ID. */
  readonly users: ReadonlyMap<string, FoundUser>;
  /** The store's clock, epoch milliseconds. */
  readonly now: number;
}

/**
 * The last logout in a row of the application, epoch milliseconds; 0 for none. A value in the future does not count: the next
 * logins would be dated after the logouts that have to end them.
 */
export const lastLogoutOn = ({ lastLoggedOut = 0 }: FoundUser, present: number): number =>
  lastLoggedOut <= present ? lastLoggedOut : 0;

/** Logs users out in their rows, in stored tokens and in the module's logout rows: many users with the same statements. */
export class UserBatches {
  constructor(
    private readonly dialect: Dialect,
    private readonly users: UserTable,
    private readonly accessTokens: AccessTokenTable | undefined,
    private readonly logoutRowsTable: string,
  ) {}

  /**
   * The users of those Meveto IDs that exactly one user has. Leaves out users that are deleted, and rows that another transaction has
   * locked. Finds nobody if the column is not unique: a locked row may have the same Meveto ID.
   */
  *soleUsers(mevetoIds: readonly string[]): Script<SoleUsers> {
    const { id, mevetoId: column, lastLoggedOut, deletedAt, path } = this.users;
    const none = { users: new Map<string, FoundUser>(), now: 0 };
    const values = this.#valuesOf(mevetoIds);
    if (values.size === 0 || !column.isUnique) return none;
    const askedAt = performance.now();
    const wanted = padded([...values.values()]);
    const rows = yield* lookUp(
      `SELECT ${id.selected} AS row_id, ${lastLoggedOut.selected} AS last_logged_out, ${column.selected} AS wanted, ${this.dialect.nowMs} AS now_ms FROM ${path}
        WHERE ${column.name} IN (${wanted.map(() => column.parameter).join(', ')}) ${deletedAt === undefined ? '' : `AND ${deletedAt} IS NULL`}
        ORDER BY ${id.name} ${this.dialect.forUpdateSkipLocked}`,
      wanted,
    );
    // No lock was waited for, so the time of commit is close to the commit.
    const now = clockIn(this.dialect, rows[0], askedAt);
    const rowOf = this.#soleRows(values, rows);
    if (rowOf === undefined) return none;
    return { users: new Map([...rowOf].map(([mevetoId, row]) => [mevetoId, this.#userIn(row)])), now };
  }

  /** The values to search for, by Meveto ID. Leaves out an ID that a transformer of the application refuses. */
  #valuesOf(mevetoIds: readonly string[]): ReadonlyMap<string, SqlValue> {
    const values = new Map<string, SqlValue>();
    for (const mevetoId of mevetoIds) {
      try {
        values.set(mevetoId, this.users.mevetoId.toDatabase(mevetoId));
      } catch {
        // The transaction of this answer alone reports the error.
      }
    }
    return values;
  }

  /**
   * The row of each Meveto ID that has exactly one row. Undefined if a row has none of the IDs even in other letters: the database
   * compares so loosely that it is not clear to which ID the row belongs.
   */
  #soleRows(
    values: ReadonlyMap<string, SqlValue>,
    rows: SqlResult['rows'],
  ): ReadonlyMap<string, Row> | undefined {
    const { mevetoId: column, id } = this.users;
    const idsOf = grouped([...values.keys()], (mevetoId) => looseText(values.get(mevetoId)));
    const rowsOfText = grouped(rows, (row) => looseText(row['wanted']));
    const found = new Map<string, Row>();
    for (const [text, sameRows] of rowsOfText) {
      const sameIds = idsOf.get(text);
      if (sameIds === undefined) return undefined;
      const [[row, ...otherRows], [mevetoId, ...otherIds]] = [sameRows, sameIds];
      if (row === undefined || mevetoId === undefined || otherRows.length + otherIds.length > 0) continue;
      const isExact = column.isSame(row['wanted'], mevetoId) || column.isStoredAs(row['wanted'], mevetoId);
      if (isExact && id.isFaithful(row['row_id'])) found.set(mevetoId, row);
    }
    return found;
  }

  #userIn(row: Row): FoundUser {
    const { id, lastLoggedOut } = this.users;
    return {
      userId: id.textFrom(row['row_id']),
      idForms: id.formsOf(row['row_id']),
      rowId: row['row_id'] as SqlValue,
      lastLoggedOut: lastLoggedOut.millisecondsFrom(row['last_logged_out']),
    };
  }

  /** Logs out each of these users at the same time, and passes each logout to `committing` before the commit. */
  *logOutAll(
    users: FoundUsers,
    occurredAt: number,
    now: number,
    committing: (logout: Logout) => void,
    reason?: string,
  ): Script<Extract<ApplyOutcome, { kind: 'applied' }>> {
    const requested = users.map((user) => ({ user, occurredAt }));
    const logouts = [...(yield* this.logOutEach(requested, now, reason)).values()].flat();
    for (const logout of logouts) committing(logout);
    const [logout, ...others] = logouts as [Logout, ...Logout[]];
    return { kind: 'applied', logout, ...withOthers(others) };
  }

  /**
   * Writes all changes of these logouts except those of their jobs. Returns the logouts for the forms of each user's id, by user id.
   * @param reason the reason of the application's own logout; absent if Meveto requested the logouts
   */
  *logOutEach(
    requested: readonly UserLogout[],
    now: number,
    reason?: string,
  ): Script<ReadonlyMap<string, readonly Logout[]>> {
    const { times } = this.dialect;
    for (const { occurredAt } of requested) times.learnEvent(occurredAt);
    const present = times.present(now);
    const given = requested.flatMap(({ user, occurredAt }) =>
      user.idForms.map((userId) => ({
        userId,
        loggedOutAt: occurredAt,
        ...(reason !== undefined && { reason }),
      })),
    );
    const stored = yield* storeLogouts(this.dialect, this.logoutRowsTable, given, present);
    if (this.accessTokens !== undefined) {
      const revocations = requested.flatMap(({ user, occurredAt }) =>
        user.idForms.map((userId) => ({ user: { ...user, userId }, until: occurredAt })),
      );
      yield* revokeAccessTokens(this.dialect, this.accessTokens, revocations, now);
    }
    const logouts = new Map<string, readonly Logout[]>();
    for (const { user } of requested)
      logouts.set(
        user.userId,
        user.idForms.map((userId) => stored.get(userId)).filter((each) => each !== undefined),
      );
    for (const { loggedOutAt } of [...logouts.values()].flat()) times.learnEvent(loggedOutAt);
    yield* this.#setLastLoggedOut(requested, logouts, present);
    return logouts;
  }

  #setLastLoggedOut(
    requested: readonly UserLogout[],
    logouts: ReadonlyMap<string, readonly Logout[]>,
    present: number,
  ): Script<void> {
    const { path, id, lastLoggedOut } = this.users;
    const latestOf = (user: FoundUser): number =>
      Math.max(
        lastLogoutOn(user, present),
        ...(logouts.get(user.userId) ?? []).map((each) => each.loggedOutAt),
      );
    return updateRows(this.dialect, {
      path,
      columns: [lastLoggedOut],
      key: id,
      rows: requested.map(({ user }) => ({
        key: user.rowId,
        values: [lastLoggedOut.toDatabase(latestOf(user))],
      })),
    });
  }
}

type Row = SqlResult['rows'][number];

/** Equal for texts that a database may take for equal: letters in upper and lower case, spaces at the end. */
const looseText = (value: unknown): string => String(value).trimEnd().toLowerCase();

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** Stores the given logout in the logout row, unless the row has a later one. Returns the later logout. */
function* storeLogout(
  dialect: Dialect,
  table: string,
  { userId, loggedOutAt, reason }: Logout,
  committedAt: number,
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

/** As {@link storeLogout}, for logouts with the same reason. Returns the later logouts, by user id. */
function* storeLogouts(
  dialect: Dialect,
  table: string,
  logouts: readonly Logout[],
  committedAt: number,
): Script<ReadonlyMap<string, Logout>> {
  const { sql, params } = inList(logouts.map(({ userId }) => userId));
  const rows = yield* rowsOf(
    `SELECT user_id, logged_out_at, reason FROM ${table} WHERE user_id IN (${sql}) ORDER BY user_id ${dialect.forUpdate}`,
    params,
  );
  const rowOf = new Map(rows.map((row) => [String(row['user_id']), row]));
  const results = new Map(logouts.map((logout) => [logout.userId, logout]));
  const [earlier, missing]: [Logout[], Logout[]] = [[], []];
  for (const logout of logouts) {
    const row = rowOf.get(logout.userId);
    if (row === undefined) missing.push(logout);
    else if (numberOf(row['logged_out_at']) < logout.loggedOutAt) earlier.push(logout);
    else results.set(logout.userId, logoutIn(logout.userId, row));
  }
  yield* updateRows(dialect, {
    path: table,
    shared: { sql: 'committed_at = ?, reason = ?', params: [committedAt, logouts[0]?.reason ?? null] },
    columns: [{ name: 'logged_out_at', parameter: '?' }],
    key: { name: 'user_id', parameter: '?' },
    rows: earlier.map(({ userId, loggedOutAt }) => ({ key: userId, values: [loggedOutAt] })),
  });
  if (yield* areInserted(dialect, table, missing, committedAt)) return results;
  for (const logout of missing)
    results.set(logout.userId, yield* storeLogout(dialect, table, logout, committedAt));
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
    const values = some.flatMap(({ userId, loggedOutAt, reason }): SqlValue[] => [
      userId,
      loggedOutAt,
      committedAt,
      reason ?? null,
    ]);
    count += (yield* run(dialect.insertNew(table, COLUMNS, some.length), values)).affected;
  }
  return count === logouts.length;
}
