import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { quotedName } from '../../libs/meveto-logout/src/store/sql/table-names.js';
import { canaries } from './secrets/canaries.js';

/** A database for one test, empty at first and deleted afterwards. */
export interface TestDatabase {
  readonly kind: 'sqlite' | 'postgres' | 'mysql';
  readonly connection: DataSourceOptions;
  /** The value for the demo's `DATABASE_URL`. */
  readonly url: string;
  drop(): Promise<void>;
}

const NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL', mysql: 'MariaDB/MySQL' } as const;
const SERVER = process.env['TEST_DATABASE_URL'];
/** `mariadb:` selects TypeORM's type of that name; other code gets the address with `mysql:`. */
const IS_MARIADB = SERVER?.startsWith('mariadb:') === true;
const kind =
  SERVER === undefined ? 'sqlite' : IS_MARIADB || SERVER.startsWith('mysql:') ? 'mysql' : 'postgres';

/** The database of `createTestDatabase`, for the titles of tests. */
export const databaseKind = NAMES[kind];

/**
 * Creates a SQLite file or, with `TEST_DATABASE_URL`, a database on that PostgreSQL, MariaDB or MySQL server. The test
 * fails if the server does not answer.
 */
export function createTestDatabase(): Promise<TestDatabase> {
  return SERVER === undefined
    ? Promise.resolve(sqliteFile())
    : serverDatabase(SERVER.replace(/^mariadb:/, 'mysql:'));
}

function sqliteFile(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'meveto-logout-'));
  return {
    kind: 'sqlite',
    url: `sqlite:${join(folder, 'test.sqlite')}`,
    connection: {
      type: 'better-sqlite3',
      database: join(folder, 'test.sqlite'),
      prepareDatabase: (database: Database) => {
        database.pragma('journal_mode = WAL');
        database.pragma('synchronous = FULL');
      },
    },
    drop: () => {
      // Deleted rows may still be in a file.
      for (const file of readdirSync(folder)) canaries.look(file, readFileSync(join(folder, file)));
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

const onPostgres = (url: string): DataSourceOptions => ({
  type: 'postgres',
  url,
  extra: { connectionTimeoutMillis: 2_000, query_timeout: 5_000 },
});
const onMysql = (url: string): DataSourceOptions => ({
  type: IS_MARIADB ? 'mariadb' : 'mysql',
  url,
  connectTimeout: 2_000,
});

async function serverDatabase(serverUrl: string): Promise<TestDatabase> {
  const isMysql = kind === 'mysql';
  const connectionTo = isMysql ? onMysql : onPostgres;
  const name = `meveto_test_${randomBytes(6).toString('hex')}`;
  await onServer(connectionTo(serverUrl), `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    kind,
    url: url.href,
    connection: connectionTo(url.href),
    drop: async () => {
      await onServer(connectionTo(url.href), lookAtRows);
      await onServer(
        connectionTo(serverUrl),
        `DROP DATABASE IF EXISTS ${name}${isMysql ? '' : ' WITH (FORCE)'}`,
      );
    },
  };
}

async function lookAtRows(server: DataSource): Promise<void> {
  const tables = await server.query<{ name: string }[]>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ${kind === 'mysql' ? 'DATABASE()' : "'public'"}`,
  );
  for (const { name } of tables) {
    const rows = await server.query<Record<string, unknown>[]>(
      `SELECT * FROM ${quotedName(kind === 'mysql' ? 'mysql' : 'postgres', name)}`,
    );
    for (const row of rows) for (const value of Object.values(row)) canaries.look(`table ${name}`, value);
  }
}

async function onServer(
  connection: DataSourceOptions,
  work: string | ((server: DataSource) => Promise<void>),
): Promise<void> {
  const server = new DataSource(connection);
  try {
    await server.initialize();
  } catch (error) {
    throw new Error('TEST_DATABASE_URL names a server that does not answer. Start it, or unset it.', {
      cause: error,
    });
  }
  try {
    await (typeof work === 'string' ? server.query(work) : work(server));
  } finally {
    await server.destroy();
  }
}
