import type { Logout } from '../../model/logout.js';
import type { AccessTokenTable, HostColumn, UserTable } from './host-tables.js';
import { revokeAccessTokens } from './revoke-access-tokens.js';
import { type Dialect, lookUp, numberOf, run, rowsOf, type Script, type SqlValue } from './sql.js';

export interface FoundUser {
  readonly userId: string;
  readonly rowId: SqlValue;
  readonly lastLoggedOut: number | undefined;
}

/** The application's user rows, and what a logout writes: on them, on stored tokens, and in the module's own marks. */
export class UserRows {
  constructor(
    private readonly dialect: Dialect,
    private readonly users: UserTable,
    private readonly accessTokens: AccessTokenTable | undefined,
    private readonly marksTable: string,
  ) {}

  /**
   * Locks and reads the user whose `column` is exactly `wanted`. Databases compare more loosely: without regard to case or
   * trailing spaces, and MySQL takes '1x' for the number 1.
   */
  *find(column: HostColumn, wanted: string): Script<FoundUser | undefined> {
    const { id, lastLoggedOut, path } = this.users;
    const rows = yield* lookUp(
      `SELECT ${id.name} AS row_id, ${lastLoggedOut.name} AS last_logged_out, ${column.name} AS wanted FROM ${path}
        WHERE ${column.name} = ? ${this.dialect.forUpdate}`,
      [column.toDatabase(wanted)],
    );
    const row = rows.find((each) => String(column.fromDatabase(each['wanted'])) === wanted);
    if (row === undefined) return undefined;
    return {
      userId: String(id.fromDatabase(row['row_id'])),
      rowId: row['row_id'] as SqlValue,
      lastLoggedOut: lastLoggedOut.millisecondsFrom(row['last_logged_out']),
    };
  }

  /** Everything that a logout changes, but for its call. */
  *logOut(user: FoundUser, occurredAt: number, now: number): Script<Logout> {
    const loggedOutAt = yield* this.#mark(user.userId, occurredAt, now);
    yield* this.setInstant(this.users.lastLoggedOut, user, Math.max(loggedOutAt, user.lastLoggedOut ?? 0));
    if (this.accessTokens !== undefined) {
      yield* revokeAccessTokens(this.accessTokens, user.userId, occurredAt, now);
    }
    return { userId: user.userId, loggedOutAt };
  }

  *unlink(user: FoundUser): Script<void> {
    const { path, mevetoId, id } = this.users;
    yield* run(`UPDATE ${path} SET ${mevetoId.name} = NULL WHERE ${id.name} = ?`, [user.rowId]);
  }

  /** The later of the known and the given logout, kept where the guards of all replicas find it. */
  *#mark(userId: string, occurredAt: number, now: number): Script<number> {
    const table = this.marksTable;
    const { affected } = yield* run(
      `UPDATE ${table} SET logged_out_at = ?, settled_at = ? WHERE user_id = ? AND logged_out_at < ?`,
      [occurredAt, now, userId, occurredAt],
    );
    if (affected > 0) return occurredAt;
    // No mark, or a later one; a mark that another replica forgets in between is simply made anew.
    const columns = ['user_id', 'logged_out_at', 'settled_at'];
    const insert = this.dialect.insertNew(table, columns, 1);
    if ((yield* run(insert, [userId, occurredAt, now])).affected > 0) return occurredAt;
    const [known] = yield* rowsOf(`SELECT logged_out_at FROM ${table} WHERE user_id = ?`, [userId]);
    return Math.max(numberOf(known?.['logged_out_at']), occurredAt);
  }

  *setInstant(column: UserTable['lastLoggedIn'], user: FoundUser, at: number): Script<void> {
    yield* run(`UPDATE ${this.users.path} SET ${column.name} = ? WHERE ${this.users.id.name} = ?`, [
      column.toDatabase(at),
      user.rowId,
    ]);
  }
}
