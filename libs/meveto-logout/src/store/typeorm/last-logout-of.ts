import { LOGGED_OUT } from '../../model/call.js';
import { marks, numberOf, rowsOf, type Script } from './sql.js';

/**
 * When a person last logged out, whoever had their Meveto ID then, if anybody; 0: never.
 * @param persons the person's digests, by the current key and earlier ones; none for no person
 */
export function* lastLogoutOf(calls: string, persons: readonly string[]): Script<number> {
  if (persons.length === 0) return 0;
  const [last] = yield* rowsOf(
    `SELECT MAX(occurred_at) AS last_at FROM ${calls} WHERE person IN (${marks(persons.length)}) AND type = ?`,
    [...persons, LOGGED_OUT],
  );
  return numberOf(last?.['last_at']);
}
