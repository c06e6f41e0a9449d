import type { MevetoEvents } from '../../core/index.js';
import { storeEvents } from '../events.js';
import { type ApplyOutcome, MAX_USERS, withOthers } from '../job.js';
import type { UsersOfJob } from './answered-jobs.js';
import type { FoundUser } from './found-user.js';
import type { UserTable } from './host-tables.js';
import type { TextColumn } from './host-columns.js';
import { type Dialect, lookUp, run, type Script, type SqlValue } from './sql.js';

export type FoundUsers = readonly [FoundUser, ...FoundUser[]];

/** The users with one Meveto ID; `too-many` for more than {@link MAX_USERS}. */
export type LinkedUsers = readonly FoundUser[] | 'too-many';

/** The user ids that a job stores. */
export const idsOf = ([first, ...others]: FoundUsers): UsersOfJob => ({
  userId: first.userId,
  otherUserIds: others.map(({ userId }) => userId),
});

export const hasUsers = (users: LinkedUsers): users is FoundUsers => users !== 'too-many' && users.length > 0;

/** Finds and locks rows of the application's users, and writes their logins and the removal of their Meveto IDs. */
export class UserRows {
  constructor(
    private readonly dialect: Dialect,
    private readonly users: UserTable,
    private readonly events: MevetoEvents,
  ) {}

  /** The user with this id, also a deleted one. */
  *withId(userId: string): Script<FoundUser | undefined> {
    const [user] = (yield* this.#lock(this.users.id, userId)).exact;
    return user;
  }

  /**
   * The users with this Meveto ID, in the order of their ids: the users that are not deleted, or all if every user is deleted.
   */
  *linkedTo(mevetoId: string): Script<LinkedUsers> {
    const { mevetoId: column, deletedAt } = this.users;
    if (deletedAt !== undefined) {
      const live = yield* this.#lock(column, mevetoId, `AND ${deletedAt} IS NULL`);
      if (live.isCutOff) return 'too-many';
      if (live.exact.length > 0) return live.exact;
    }
    const { exact, isCutOff } = yield* this.#lock(column, mevetoId);
    return isCutOff ? 'too-many' : exact;
  }

  /**
   * Locks and reads the users whose `column` is exactly `wanted`. Databases compare less strictly: they may ignore case or trailing
   * spaces, and MySQL reads '1x' as the number 1.
   */
  *#lock(
    column: TextColumn,
    wanted: string,
    condition = '',
  ): Script<{ exact: readonly FoundUser[]; isCutOff: boolean }> {
    const { id, lastLoggedOut, path } = this.users;
    const rows = yield* lookUp(
      `SELECT ${id.selected} AS row_id, ${lastLoggedOut.selected} AS last_logged_out, ${column.selected} AS wanted FROM ${path}
        WHERE ${column.name} = ${column.parameter} ${condition} ORDER BY ${id.name} LIMIT ${String(MAX_USERS + 1)} ${this.dialect.forUpdate}`,
      [column.toDatabase(wanted)],
    );
    const isWanted = (value: unknown): boolean =>
      column.isSame(value, wanted) || (column === this.users.mevetoId && column.isStoredAs(value, wanted));
    const exact = rows.filter((row) => isWanted(row['wanted']) && this.#isIdentified(row['row_id']));
    return {
      exact: exact.map((row) => ({
        userId: id.textFrom(row['row_id']),
        idForms: id.formsOf(row['row_id']),
        rowId: row['row_id'] as SqlValue,
        lastLoggedOut: lastLoggedOut.millisecondsFrom(row['last_logged_out']),
      })),
      // The limit may cut off exact matches after many rows that are only similar.
      isCutOff: rows.length > MAX_USERS,
    };
  }

  /** Whether the text of an id identifies the row. Otherwise the row is skipped, because the logout would reach another user. */
  #isIdentified(rowId: unknown): boolean {
    const { id, path } = this.users;
    if (id.isFaithful(rowId)) return true;
    const skipped = { table: path, column: id.label, userId: String(rowId) };
    this.events.emit(storeEvents.MEVETO_USER_SKIPPED, skipped);
    return false;
  }

  /** Clears the Meveto ID of each of these users. */
  *unlinkAll(users: FoundUsers): Script<ApplyOutcome> {
    const { path, mevetoId, id } = this.users;
    for (const { rowId } of users) {
      yield* run(`UPDATE ${path} SET ${mevetoId.name} = NULL WHERE ${id.name} = ${id.parameter}`, [rowId]);
    }
    const [userId, ...others] = users.map((user) => user.userId) as [string, ...string[]];
    return { kind: 'unlinked', userId, ...withOthers(others) };
  }

  *setLoggedIn(user: FoundUser, at: number): Script<void> {
    const { path, id, lastLoggedIn: column } = this.users;
    yield* run(`UPDATE ${path} SET ${column.name} = ${column.parameter} WHERE ${id.name} = ${id.parameter}`, [
      column.toDatabase(at),
      user.rowId,
    ]);
  }
}
