import { LOGGED_OUT } from '../../model/call.js';
import { numberOf, rowsOf, type Script } from './sql.js';

/** When a logout of this person last found no user with their Meveto ID; 0: never, or no person asked for. */
export function* missedLogoutAt(calls: string, person: string | undefined): Script<number> {
  if (person === undefined) return 0;
  const [missed] = yield* rowsOf(
    `SELECT MAX(occurred_at) AS missed_at FROM ${calls} WHERE person = ? AND type = ? AND state = 'unknown_user'`,
    [person, LOGGED_OUT],
  );
  return numberOf(missed?.['missed_at']);
}
