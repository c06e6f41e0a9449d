import { LoginOutdatedError, UnknownUserError } from '../errors.js';
import { lastLogoutOf } from './last-logout-of.js';
import { clockOf, type Dialect, numberOf, rowsOf, type Script } from './sql.js';
import type { Tables } from './tables.js';
import { lastLogoutOn } from './user-batches.js';
import type { UserRows } from './user-rows.js';

/**
 * Records a login. Returns the start of the session, epoch milliseconds.
 * @param subjectDigests digests of the Meveto ID whose logouts count as well; empty without a Meveto ID
 */
export function* recordLogin(
  dialect: Dialect,
  tables: Tables,
  users: UserRows,
  login: { userId: string; authenticatedAt: number | undefined; subjectDigests: readonly string[] },
): Script<number> {
  const { times } = dialect;
  const { authenticatedAt, subjectDigests } = login;
  const user = yield* users.withId(login.userId);
  if (user === undefined) throw new UnknownUserError();
  const logoutRowOfUser = `SELECT logged_out_at FROM ${tables.logoutRows} WHERE user_id = ?`;
  const [logoutRow] = yield* rowsOf(logoutRowOfUser, [user.userId]);
  const storedLogoutAt = numberOf(logoutRow?.['logged_out_at']);
  times.learnEvent(storedLogoutAt);
  const clock = yield* clockOf(dialect);
  const loggedOutAt = Math.max(storedLogoutAt, lastLogoutOn(user, times.present(clock)));
  if (authenticatedAt !== undefined) {
    const ofSubject = yield* lastLogoutOf(tables.jobs, subjectDigests);
    times.learnEvent(ofSubject);
    const lastAt = Math.max(loggedOutAt, ofSubject);
    if (authenticatedAt <= lastAt) throw new LoginOutdatedError(authenticatedAt, lastAt);
  }
  // The session begins at the authentication: a logout received since then ends this session, too.
  const signedInAt = times.ofLogin(clock, loggedOutAt, authenticatedAt);
  yield* users.setLoggedIn(user, signedInAt);
  return signedInAt;
}
