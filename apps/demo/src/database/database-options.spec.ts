import { describe, expect, it, jest } from '@jest/globals';
import { databaseOptions } from './database-options.js';

describe('databaseOptions', () => {
  it('changes the schema only by migrations', () => {
    expect(databaseOptions({ kind: 'sqlite', path: 'x.sqlite' })).toMatchObject({
      synchronize: false,
      migrationsRun: false,
    });
  });

  it('makes SQLite durable on every connection and never waits long for a lock', async () => {
    const options = databaseOptions({ kind: 'sqlite', path: 'x.sqlite' });
    if (options.type !== 'better-sqlite3') throw new Error('expected SQLite');
    const pragma = jest.fn();
    await options.prepareDatabase?.({ pragma });
    expect(pragma.mock.calls).toEqual([['journal_mode = WAL'], ['synchronous = FULL']]);
    expect(options.timeout).toBeLessThanOrEqual(250);
  });

  it('bounds how long PostgreSQL may take', () => {
    expect(databaseOptions({ kind: 'postgres', url: 'postgres://h/d' })).toMatchObject({
      type: 'postgres',
      connectTimeoutMS: 5000,
      extra: { query_timeout: 5000, keepAlive: true },
    });
  });

  it('bounds how long MySQL may take', () => {
    expect(databaseOptions({ kind: 'mysql', url: 'mysql://h/d' })).toMatchObject({
      type: 'mysql',
      connectTimeout: 2000,
    });
  });
});
