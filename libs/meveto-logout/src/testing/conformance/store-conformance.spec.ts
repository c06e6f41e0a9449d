import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { CollectingRunner } from '../../../spec-support/collecting-runner.js';
import type { SqliteConnection, SqliteExecutor, SqliteStatement } from '../../store/index.js';
import { storeConformance } from './store-conformance.js';

/** The connection with other results of INSERT, UPDATE and DELETE. */
const withChanges = (database: Database, changesOf: (changes: number) => number): SqliteConnection => ({
  get inTransaction() {
    return database.inTransaction;
  },
  prepare(sql): SqliteStatement {
    const statement = database.prepare(sql);
    return {
      reader: statement.reader,
      all: (...params) => statement.all(...params),
      run: (...params) => ({ changes: changesOf(statement.run(...params).changes) }),
    };
  },
  pragma: (source, options) => database.pragma(source, options),
  close: () => database.close(),
});

describe('the conformance suite in a runner other than Jest', () => {
  let database: Database;
  let runner: CollectingRunner;
  beforeEach(() => {
    database = new BetterSqlite3(':memory:');
    runner = new CollectingRunner();
  });
  afterEach(() => {
    database.close();
  });

  const runOn = async (open: SqliteExecutor['open']): Promise<void> => {
    const executor: SqliteExecutor = { database: 'sqlite', sharesConnection: true, open };
    let closeCount = 0;
    const close = () => Promise.resolve(void (closeCount += 1));
    storeConformance(runner, { name: 'an executor', open: () => ({ executor, close }) });
    await runner.run();
    expect(closeCount).toBe(1);
  };

  it('passes on an executor that keeps its promises, and leaves no table', async () => {
    database.exec('CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users (id) VALUES (1)');
    await runOn(() => database);
    expect(runner.failed).toEqual([]);
    expect(runner.passed.length).toBeGreaterThan(250);
    expect(new Set(runner.passed).size).toBe(runner.passed.length);
    expect(runner.passed).toContain('an executor > finish > finishes a job as rejected, once');
    expect(database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all()).toEqual([
      'users',
    ]);
    expect(database.prepare('SELECT id FROM users').pluck().all()).toEqual([1]);
  });

  it.each([
    ['no row', () => 0],
    ['one row for none', (changes: number) => Math.max(1, changes)],
    ['one row for several', (changes: number) => Math.min(1, changes)],
  ])('fails on an executor that counts %s', async (_what, changesOf) => {
    await runOn(() => withChanges(database, changesOf));
    expect(runner.failed.length).toBeGreaterThan(0);
  });

  it('fails on an executor that begins no transactions', async () => {
    await runOn(() => ({
      ...withChanges(database, (changes) => changes),
      get inTransaction() {
        return database.inTransaction;
      },
      prepare: (sql) => database.prepare(/^(BEGIN|COMMIT|ROLLBACK)/.test(sql) ? 'SELECT 1 WHERE 0' : sql),
    }));
    expect(runner.failed.length).toBeGreaterThan(0);
  });
});
