import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { ConfigurationError } from '../../core/errors.js';
import type { SqliteExecutor } from './executor.js';
import type { StoreContext } from '../store.port.js';
import { sqliteFile } from '../executors/sqlite-file.js';
import { schemaSteps } from './schema-steps.js';
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

/** The label of a store in a SQLite database in memory. */
async function labelOf(change: (executor: SqliteExecutor) => SqliteExecutor): Promise<string | undefined> {
  const database = new Database(':memory:');
  database.exec(
    'CREATE TABLE users (id TEXT PRIMARY KEY, meveto_id TEXT UNIQUE, last_logged_in BIGINT, last_logged_out BIGINT)',
  );
  for (const { statements } of schemaSteps('sqlite'))
    for (const statement of statements) database.exec(statement);
  const options = { executor: change(sqliteFile(database)), hostTables };
  const store = sqlStore(options).create({ storeTimeoutMs: 1_000 } as StoreContext);
  await store.connect();
  await store.close();
  database.close();
  return store.label;
}

describe('sqlStore', () => {
  it('names the library of its executor', async () => {
    expect(await labelOf((executor) => executor)).toBe('SQLite through better-sqlite3');
    expect(await labelOf((executor) => ({ ...executor, name: 'node:sqlite' }))).toBe(
      'SQLite through node:sqlite',
    );
  });

  it('names itself if the executor has no name', async () => {
    const nameless = (executor: SqliteExecutor): SqliteExecutor => ({
      database: 'sqlite',
      sharesConnection: true,
      open: () => executor.open(),
    });
    expect(await labelOf(nameless)).toBe('SQLite through sqlStore');
  });

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
