import { randomUUID } from 'node:crypto';
import { ConfigurationError } from '../../core/index.js';
import { StoreUnavailableError } from '../errors.js';
import { run, type Script, type SqlEngine } from './sql.js';

/**
 * Checks that the executor counts matched rows, with a row in the table of leases that no other transaction sees.
 * @throws {ConfigurationError} when it counts changed rows only
 */
export async function checkAffected(engine: SqlEngine, leases: string): Promise<void> {
  let affected: number;
  try {
    affected = await engine.transaction('count matched rows', () => countUnchanged(leases));
  } catch (error) {
    // A server that takes no writes for now, such as a read-only one, must not prevent the start.
    if (error instanceof StoreUnavailableError) return;
    throw error;
  }
  if (affected === 1) return;
  throw new ConfigurationError([
    `store: the executor reported ${String(affected)} affected rows for an UPDATE that matched one row and left it unchanged, expected ` +
      '1: jobs would seem to belong to another replica. Report matched rows, not changed ones; with mysql2, keep the flag FOUND_ROWS, ' +
      'which is on by default.',
  ]);
}

function* countUnchanged(leases: string): Script<number> {
  const row = [`check-${randomUUID()}`, 'start'];
  yield* run(`INSERT INTO ${leases} (name, holder, leased_until) VALUES (?, ?, 0)`, row);
  const { affected } = yield* run(`UPDATE ${leases} SET leased_until = 0 WHERE name = ? AND holder = ?`, row);
  yield* run(`DELETE FROM ${leases} WHERE name = ?`, row.slice(0, 1));
  return affected;
}
