import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '../../core/errors.js';
import type { StoreContext } from '../store.port.js';
import { sqlStore, type SqlStoreOptions } from './sql-store-definition.js';

const hostTables = {
  users: {
    table: 'users',
    id: 'id',
    mevetoId: 'meveto_id',
    lastLoggedIn: 'last_logged_in',
    lastLoggedOut: 'last_logged_out',
  },
};

async function faultsOf(executor: unknown): Promise<readonly string[]> {
  const options = { executor, hostTables } as SqlStoreOptions;
  const store = sqlStore(options).create({ storeTimeoutMs: 100 } as StoreContext);
  const error: unknown = await store.connect().catch((fault: unknown) => fault);
  return error instanceof ConfigurationError ? error.faults : [];
}

describe('sqlStore', () => {
  it('refuses to start without an executor', async () => {
    expect(await faultsOf(undefined)).toEqual([
      'store.executor: got none, expected an executor. See docs/stores.md.',
    ]);
  });

  it('names every member of the executor that is missing or wrong', async () => {
    expect(await faultsOf({ database: 'oracle', placeholders: ':', transaction: () => undefined })).toEqual([
      "store.executor.database: got 'oracle', expected 'sqlite', 'postgres' or 'mysql'.",
      "store.executor.placeholders: got ':', expected '?' or '$1'.",
      'store.executor.connection: got undefined, expected a function.',
      'store.executor.codeOf: got undefined, expected a function.',
    ]);
    expect(await faultsOf({ database: 'sqlite', open: 'app.sqlite' })).toEqual([
      "store.executor.open: got 'app.sqlite', expected a function.",
    ]);
  });
});
