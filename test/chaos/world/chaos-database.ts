import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';

export type Row = Readonly<Record<string, unknown>>;

/** A database that host processes share, and a connection of the supervisor's own to look into it. */
export interface ChaosDatabase {
  /** As host processes take it. */
  readonly address: string;
  query(sql: string): Promise<readonly Row[]>;
  /** All bytes that are kept, to be searched for what must not be there. */
  everything(): Promise<string>;
  drop(): Promise<void>;
}

const USERS =
  'CREATE TABLE users (id int PRIMARY KEY, meveto_id varchar(64) UNIQUE, last_logged_in bigint, last_logged_out bigint)';
/** The rows of calls, without those that only remember a token which the pending list has replaced. */
export const CALL_ROWS = "SELECT * FROM meveto_logout_calls WHERE reason IS NULL OR reason <> 'replaced'";
export const MODULE_TABLES = ['calls', 'marks', 'senders', 'leases'].map((name) => `meveto_logout_${name}`);

/** With the users `m-<id>` for these ids. `serverUrl` undefined: a SQLite file. */
export async function createChaosDatabase(
  serverUrl: string | undefined,
  userIds: readonly number[],
): Promise<ChaosDatabase> {
  const database = serverUrl === undefined ? sqliteFile() : await postgresDatabase(serverUrl);
  await database.query(USERS);
  for (let from = 0; from < userIds.length; from += 500) {
    const rows = userIds.slice(from, from + 500).map((id) => `(${String(id)}, 'm-${String(id)}')`);
    await database.query(`INSERT INTO users (id, meveto_id) VALUES ${rows.join(', ')}`);
  }
  return database;
}

function sqliteFile(): ChaosDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'meveto-chaos-'));
  const address = join(folder, 'chaos.sqlite');
  const database = new BetterSqlite3(address, { timeout: 10_000 });
  database.pragma('journal_mode = WAL');
  return {
    address,
    query: (sql) => {
      const statement = database.prepare(sql);
      if (statement.reader) return Promise.resolve(statement.all() as Row[]);
      statement.run();
      return Promise.resolve([]);
    },
    everything: () =>
      Promise.resolve(
        ['', '-wal']
          .map((suffix) => address + suffix)
          .filter((file) => existsSync(file))
          .map((file) => readFileSync(file, 'latin1'))
          .join('\n'),
      ),
    drop: () => {
      database.close();
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

async function postgresDatabase(serverUrl: string): Promise<ChaosDatabase> {
  const name = `meveto_chaos_${randomBytes(6).toString('hex')}`;
  await once(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const address = url.href;
  const client = new pg.Pool({ connectionString: address, max: 1 });
  // A server that is stopped while nobody asks it anything is no error: the next query connects again.
  client.on('error', () => undefined);
  return {
    address,
    query: async (sql) => (await client.query<Row>(sql)).rows,
    everything: async () => {
      const tables: unknown[] = [];
      for (const table of ['users', ...MODULE_TABLES]) {
        tables.push((await client.query<Row>(`SELECT * FROM ${table}`)).rows);
      }
      return JSON.stringify(tables);
    },
    drop: async () => {
      await client.end();
      await once(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function once(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
