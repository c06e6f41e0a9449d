import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';

export type DatabaseName = 'sqlite' | 'postgres';

const SERVER = process.env['BENCH_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** An empty database for one run, deleted afterwards. */
export interface RunDatabase {
  readonly name: DatabaseName;
  /** The path of the SQLite file, or the URL of the PostgreSQL database. */
  readonly place: string;
  readonly connection: DataSourceOptions;
  drop(): Promise<void>;
}

export const createDatabase = (name: DatabaseName): Promise<RunDatabase> =>
  name === 'sqlite' ? Promise.resolve(sqliteFile()) : postgresDatabase();

function sqliteFile(): RunDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'meveto-bench-'));
  return {
    ...existingSqlite(join(folder, 'bench.sqlite')),
    drop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** The SQLite file of another process, which deletes it. */
export const existingSqlite = (place: string): RunDatabase => ({
  name: 'sqlite',
  place,
  connection: {
    type: 'better-sqlite3',
    database: place,
    prepareDatabase: (database: Sqlite.Database) => {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
    },
  },
  drop: () => Promise.resolve(),
});

async function postgresDatabase(): Promise<RunDatabase> {
  const name = `meveto_bench_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return {
    name: 'postgres',
    place: url.href,
    connection: { type: 'postgres', url: url.href },
    drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client(SERVER);
  await client.connect();
  await client.query(sql);
  await client.end();
}

type Rows = readonly Record<string, unknown>[];

/** A connection of its own, which sees only what is committed. */
export interface Observer {
  query(sql: string): Promise<Rows>;
  close(): Promise<void>;
}

export async function observe({ name, place }: Pick<RunDatabase, 'name' | 'place'>): Promise<Observer> {
  if (name === 'sqlite') {
    const database = new Sqlite(place, { readonly: true });
    return {
      query: (sql) => Promise.resolve(database.prepare(sql).all() as Rows),
      close: () => {
        database.close();
        return Promise.resolve();
      },
    };
  }
  const client = new pg.Client(place);
  await client.connect();
  return {
    query: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
    close: () => client.end(),
  };
}
