import { LOGGED_OUT } from '../../model/call.js';
import { marks, numberOf, rowsOf, type Script } from './sql.js';

/**
 * When a logout of a person last found no user with their Meveto ID; 0: never.
 * @param persons the person's digests, by the current key and earlier ones; none for no person
 */
export function* missedLogoutAt(calls: string, persons: readonly string[]): Script<number> {
  if (persons.length === 0) return 0;
  const [missed] = yield* rowsOf(
    `SELECT MAX(occurred_at) AS missed_at FROM ${calls} WHERE person IN (${marks(persons.length)}) AND type = ?
      AND state = 'unknown_user'`,
    [...persons, LOGGED_OUT],
  );
  return numberOf(missed?.['missed_at']);
}
