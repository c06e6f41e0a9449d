import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { drizzleExecutor } from './drizzle-executor.js';
import { knexExecutor, type KnexInstance } from './knex-executor.js';
import { kyselyExecutor, type KyselyDatabase } from './kysely-executor.js';
import { mysql2Executor } from './mysql2-executor.js';
import { pgExecutor, type PgPool } from './pg-executor.js';
import { codeIn } from '../sql/pooled-executor.js';
import { sqliteFile } from './sqlite-file.js';

describe('knexExecutor', () => {
  const instance = {
    client: { dialect: 'sqlite3', driverName: 'better-sqlite3' },
  } as unknown as KnexInstance;

  it('refuses other clients', () => {
    expect(() => knexExecutor(instance)).toThrow('got the client better-sqlite3, expected pg or mysql2');
    const cockroach = { client: { dialect: 'cockroachdb', driverName: 'pg' } } as unknown as KnexInstance;
    expect(() => knexExecutor(cockroach)).toThrow('got the client cockroachdb, expected pg or mysql2');
  });

  it('refuses a transaction', () => {
    expect(() => knexExecutor({ ...instance, isTransaction: true })).toThrow('got a transaction');
  });
});

describe('kyselyExecutor', () => {
  it('refuses a transaction', () => {
    const transaction = { isTransaction: true } as KyselyDatabase;
    expect(() => kyselyExecutor(transaction, 'mysql')).toThrow('got a transaction');
  });
});

describe('drizzleExecutor', () => {
  it.each([
    ['a single connection', { connect: () => undefined }],
    ['another driver', () => undefined],
    ['no client, as in a transaction', undefined],
  ])('refuses %s', (_name, $client) => {
    expect(() => drizzleExecutor({ $client })).toThrow('without a pool of pg or mysql2');
  });
});

describe('the name of an executor', () => {
  const pgPool = { connect: () => undefined, totalCount: 0 };
  const mysqlPool = { getConnection: () => undefined };
  const knex = (client: object) => knexExecutor({ client } as KnexInstance);
  const kysely = { isTransaction: false, withoutPlugins: () => kysely } as unknown as KyselyDatabase;

  it.each<[string, { readonly name?: string }]>([
    ['pg', pgExecutor(pgPool)],
    ['mysql2', mysql2Executor(mysqlPool)],
    ['Knex', knex({ dialect: 'postgresql', driverName: 'pg' })],
    ['Knex', knex({ driverName: 'mysql2' })],
    ['Kysely', kyselyExecutor(kysely, 'postgres')],
    ['Drizzle', drizzleExecutor({ $client: pgPool })],
    ['Drizzle', drizzleExecutor({ $client: mysqlPool })],
    ['better-sqlite3', sqliteFile({ file: 'app.sqlite' })],
  ])('is that of its library: %s', (name, executor) => {
    expect(executor.name).toBe(name);
  });
});

describe('pgExecutor', () => {
  /** A pool with one connection, which notes the statements. Answers each statement of a text with a result, as pg does. */
  function noting() {
    const texts: string[] = [];
    const client = {
      query: ({ text }: { text: string }) => {
        texts.push(text);
        const results = text.split('; ').map((each) => ({ rows: [{ of: each }], rowCount: 1 }));
        const [only, ...others] = results;
        return Promise.resolve(others.length > 0 ? results : only);
      },
      on: () => undefined,
      off: () => undefined,
      release: () => undefined,
    };
    const connect: PgPool['connect'] = (callback) => {
      callback(undefined, client as never);
    };
    return { texts, executor: pgExecutor({ connect }) };
  }
  const limits = { timeoutMs: 1_000, signal: new AbortController().signal };

  it('begins a transaction in one message with a first statement that has no parameters', async () => {
    const { texts, executor } = noting();
    const { rows } = await executor.transaction((connection) => connection.query('SELECT 1', []), limits);
    expect(rows).toEqual([{ of: 'SELECT 1' }]);
    expect(texts).toEqual(['BEGIN ISOLATION LEVEL READ COMMITTED; SELECT 1', 'COMMIT']);
  });

  it('begins a transaction in a message of its own before a statement with parameters', async () => {
    const { texts, executor } = noting();
    await executor.transaction((connection) => connection.query('SELECT $1', [1]), limits);
    expect(texts).toEqual(['BEGIN ISOLATION LEVEL READ COMMITTED', 'SELECT $1', 'COMMIT']);
  });
});

describe('the code of an error', () => {
  it('is that of the cause if a library has wrapped the error', () => {
    const cause = Object.assign(new Error('deadlock'), { code: '40P01' });
    expect(codeIn('postgres', new Error('wrapped', { cause: new Error('again', { cause }) }))).toBe('40P01');
  });

  it('is none for errors of the network', () => {
    const lost = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    expect(codeIn('postgres', lost)).toBeUndefined();
    expect(codeIn('mysql', lost)).toBeUndefined();
  });
});

describe('sqliteFile', () => {
  let folder: string;
  let application: Database.Database;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meveto-logout-'));
    application = new Database(join(folder, 'app.db'));
    application.exec('CREATE TABLE items (id)');
  });
  afterEach(() => {
    application.close();
    rmSync(folder, { recursive: true });
  });

  const tablesIn = (database: Pick<Database.Database, 'prepare'>) =>
    database.prepare('SELECT name FROM sqlite_master').all();

  it('opens the file of a path, and prepares the connection', async () => {
    const executor = sqliteFile({
      file: application.name,
      prepare: (database: Database.Database) => void database.function('two', () => 2),
    });
    const opened = await executor.open();
    expect(opened.prepare('SELECT two() AS n, COUNT(*) AS count FROM items').all()).toEqual([
      { n: 2, count: 0 },
    ]);
    expect(opened.pragma('busy_timeout', { simple: true })).toBe(0);
    expect(executor.sharesConnection).toBeUndefined();
    opened.close();
  });

  it('opens the file of an open Database once more', async () => {
    const opened = await sqliteFile(application).open();
    expect(opened).not.toBe(application);
    expect(tablesIn(opened as Database.Database)).toEqual([{ name: 'items' }]);
    opened.close();
    expect(application.open).toBe(true);
  });

  it('shares a Database in memory', async () => {
    const inMemory = new Database(':memory:');
    const executor = sqliteFile(inMemory);
    expect(executor.sharesConnection).toBe(true);
    expect(await executor.open()).toBe(inMemory);
    inMemory.close();
  });

  it('uses the given class and native addon', async () => {
    const given: unknown[] = [];
    class Other extends Database {
      constructor(file: string, options: { timeout: number; nativeBinding?: string }) {
        super(file, { timeout: options.timeout });
        given.push(options);
      }
    }
    const opened = await sqliteFile({
      file: application.name,
      nativeBinding: 'addon.node',
      Database: Other,
    }).open();
    expect(given).toEqual([{ timeout: 0, nativeBinding: 'addon.node' }]);
    opened.close();
  });

  it('closes a connection that cannot be prepared', async () => {
    let opened: Database.Database | undefined;
    const prepare = (database: Database.Database) => {
      opened = database;
      throw new Error('no key');
    };
    await expect(sqliteFile({ file: application.name, prepare }).open()).rejects.toThrow('no key');
    expect(opened?.open).toBe(false);
  });
});
