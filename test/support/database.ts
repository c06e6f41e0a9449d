import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';

/** A database of a test's own, empty at first and gone afterwards. */
export interface TestDatabase {
  readonly kind: 'sqlite' | 'postgres';
  readonly connection: DataSourceOptions;
  drop(): Promise<void>;
}

/**
 * A SQLite file, or, with `TEST_POSTGRES_URL` set, a database on that PostgreSQL server. A server that is named but not
 * there fails the test.
 */
export function createTestDatabase(): Promise<TestDatabase> {
  const url = process.env['TEST_POSTGRES_URL'];
  return url === undefined ? Promise.resolve(sqliteFile()) : postgresDatabase(url);
}

/** Which database `createTestDatabase` gives, for the titles of tests. */
export const databaseKind = process.env['TEST_POSTGRES_URL'] === undefined ? 'SQLite' : 'PostgreSQL';

function sqliteFile(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'meveto-logout-'));
  return {
    kind: 'sqlite',
    connection: {
      type: 'better-sqlite3',
      database: join(folder, 'test.sqlite'),
      prepareDatabase: (database: Database) => {
        database.pragma('journal_mode = WAL');
        database.pragma('synchronous = FULL');
      },
    },
    drop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

async function postgresDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `meveto_test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    kind: 'postgres',
    connection: {
      type: 'postgres',
      url: url.href,
      extra: { connectionTimeoutMillis: 2_000, query_timeout: 5_000 },
    },
    drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function onServer(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
  } catch (error) {
    throw new Error(
      'TEST_POSTGRES_URL names a PostgreSQL server that does not answer. Start it, or unset it.',
      {
        cause: error,
      },
    );
  }
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
