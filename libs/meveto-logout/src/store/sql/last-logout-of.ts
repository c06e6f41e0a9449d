import { LOGOUT } from '../job.js';
import { placeholders, numberOf, rowsOf, type Script } from './sql.js';

/**
 * The last logout of a Meveto ID, epoch milliseconds, whichever user had the ID then, if any; 0 if never.
 * @param subjectDigests the digests of the Meveto ID by the current key and by earlier keys; empty without a Meveto ID
 */
export function* lastLogoutOf(jobs: string, subjectDigests: readonly string[]): Script<number> {
  if (subjectDigests.length === 0) return 0;
  const [last] = yield* rowsOf(
    `SELECT MAX(occurred_at) AS last_at FROM ${jobs} WHERE subject_digest IN (${placeholders(subjectDigests.length)}) AND kind = ?`,
    [...subjectDigests, LOGOUT],
  );
  return numberOf(last?.['last_at']);
}
