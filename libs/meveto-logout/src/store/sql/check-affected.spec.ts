import { describe, expect, it } from '@jest/globals';
import type { ConfigurationError } from '../../core/errors.js';
import { StoreUnavailableError } from '../errors.js';
import { checkAffected } from './check-affected.js';
import { play, type SqlEngine, type Statement } from './sql.js';

/** An engine whose executor reports this number of rows for every statement. */
function engineThatCounts(affected: number) {
  const statements: Statement[] = [];
  const transaction: SqlEngine['transaction'] = (_operation, script) =>
    Promise.resolve(
      play(script, (statement) => {
        statements.push(statement);
        return { rows: [], affected };
      }),
    );
  return { engine: { transaction } as SqlEngine, statements };
}

const failing = (error: Error): SqlEngine =>
  ({ transaction: () => Promise.reject(error) }) as unknown as SqlEngine;

describe('checkAffected', () => {
  it('accepts an executor that counts a matched row, and deletes its own row', async () => {
    const { engine, statements } = engineThatCounts(1);
    await checkAffected(engine, 'leases');
    const [inserted, , deleted] = statements;
    expect(statements.map(({ sql }) => sql.split(' ')[0])).toEqual(['INSERT', 'UPDATE', 'DELETE']);
    expect(deleted?.params).toEqual(inserted?.params.slice(0, 1));
  });

  it('refuses an executor that counts changed rows only, and names the remedy', async () => {
    const error: unknown = await checkAffected(engineThatCounts(0).engine, 'leases').catch(
      (fault: unknown) => fault,
    );
    expect((error as ConfigurationError).faults).toEqual([
      'store: the executor reported 0 affected rows for an UPDATE that matched one row and left it unchanged, expected 1: jobs would seem ' +
        'to belong to another replica. Report matched rows, not changed ones; with mysql2, keep the flag FOUND_ROWS, which is on by default.',
    ]);
  });

  it('lets a process start on a server that takes no writes for now, and hides no other error', async () => {
    await expect(
      checkAffected(failing(new StoreUnavailableError('count matched rows', {})), 'leases'),
    ).resolves.toBeUndefined();
    await expect(checkAffected(failing(new Error('other')), 'leases')).rejects.toThrow('other');
  });
});
