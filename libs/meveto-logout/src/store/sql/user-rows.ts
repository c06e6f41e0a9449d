import type { MevetoEvents } from '../../core/index.js';
import { storeEvents } from '../events.js';
import { type ApplyOutcome, MAX_USERS, withOthers } from '../job.js';
import type { UserLogouts, Logout } from '../logout.js';
import type { UsersOfJob } from './answered-jobs.js';
import type { FoundUser } from './found-user.js';
import type { AccessTokenTable, UserTable } from './host-tables.js';
import type { InstantColumn, TextColumn } from './host-columns.js';
import { revokeAccessTokens } from './revoke-access-tokens.js';
import { type Dialect, lookUp, run, type Script, type SqlValue } from './sql.js';
import { storeLogout } from './store-logouts.js';

export type FoundUsers = readonly [FoundUser, ...FoundUser[]];

/** The users with one Meveto ID; `too-many` for more than {@link MAX_USERS}. */
export type LinkedUsers = readonly FoundUser[] | 'too-many';

/** The user ids that a job stores. */
export const idsOf = ([first, ...others]: FoundUsers): UsersOfJob => ({
  userId: first.userId,
  otherUserIds: others.map(({ userId }) => userId),
});

export const hasUsers = (users: LinkedUsers): users is FoundUsers => users !== 'too-many' && users.length > 0;

/**
 * The last logout in a row of the application, epoch milliseconds; 0 for none. A value in the future does not count: the next
 * logins would be dated after the logouts that have to end them.
 */
export const lastLogoutOn = ({ lastLoggedOut = 0 }: FoundUser, present: number): number =>
  lastLoggedOut <= present ? lastLoggedOut : 0;

/** Reads the application's user rows, and writes a logout to them, to stored tokens and to the module's logout rows. */
export class UserRows {
  constructor(
    private readonly dialect: Dialect,
    private readonly users: UserTable,
    private readonly accessTokens: AccessTokenTable | undefined,
    private readonly logoutRowsTable: string,
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

  /** Logs out each of these users, and passes each logout to `committing` before the commit. */
  *logOutAll(
    users: FoundUsers,
    occurredAt: number,
    now: number,
    committing: (logout: Logout) => void,
  ): Script<Extract<ApplyOutcome, { kind: 'applied' }>> {
    const logouts: Logout[] = [];
    for (const user of users) logouts.push(...(yield* this.logOut(user, occurredAt, now)));
    logouts.forEach((each) => {
      committing(each);
    });
    const [logout, ...others] = logouts as [Logout, ...Logout[]];
    return { kind: 'applied', logout, ...withOthers(others) };
  }

  /**
   * Writes all changes of a logout except those of its job. Returns a logout for each form of the user's id.
   * @param reason the reason of the application's own logout; absent if Meveto requested the logout
   */
  *logOut(user: FoundUser, occurredAt: number, now: number, reason?: string): Script<UserLogouts> {
    const { times } = this.dialect;
    times.learnEvent(occurredAt);
    const present = times.present(now);
    const logouts: Logout[] = [];
    for (const userId of user.idForms) {
      logouts.push(
        yield* storeLogout(
          this.dialect,
          this.logoutRowsTable,
          { userId, loggedOutAt: occurredAt },
          { committedAt: present, reason },
        ),
      );
      if (this.accessTokens !== undefined) {
        const revocation = { user: { ...user, userId }, until: occurredAt };
        yield* revokeAccessTokens(this.dialect, this.accessTokens, [revocation], now);
      }
    }
    const loggedOutAt = Math.max(...logouts.map((logout) => logout.loggedOutAt));
    times.learnEvent(loggedOutAt);
    const ofApplication = lastLogoutOn(user, present);
    yield* this.#setInstant(this.users.lastLoggedOut, user, Math.max(loggedOutAt, ofApplication));
    return logouts as [Logout, ...Logout[]];
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

  setLoggedIn(user: FoundUser, at: number): Script<void> {
    return this.#setInstant(this.users.lastLoggedIn, user, at);
  }

  *#setInstant(column: InstantColumn, user: FoundUser, at: number): Script<void> {
    const { path, id } = this.users;
    yield* run(`UPDATE ${path} SET ${column.name} = ${column.parameter} WHERE ${id.name} = ${id.parameter}`, [
      column.toDatabase(at),
      user.rowId,
    ]);
  }
}
