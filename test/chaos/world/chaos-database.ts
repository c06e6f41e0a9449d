import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { createPool } from 'mysql2/promise';
import pg from 'pg';

export type Row = Readonly<Record<string, unknown>>;

/** A database that host processes share, and the supervisor's own connection for inspection. */
export interface ChaosDatabase {
  /** The address for host processes. */
  readonly address: string;
  query(sql: string): Promise<readonly Row[]>;
  /** All stored bytes, to search them for secrets. */
  everything(): Promise<string>;
  drop(): Promise<void>;
}

const USERS =
  'CREATE TABLE users (id int PRIMARY KEY, meveto_id varchar(64) UNIQUE, last_logged_in bigint, last_logged_out bigint)';
/** The rows of webhooks, without rows that only record a token that the list of pending webhooks has replaced. */
export const JOB_ROWS = "SELECT * FROM meveto_logout_jobs WHERE reason IS NULL OR reason <> 'replaced'";
const MODULE_TABLES = ['jobs', 'logouts', 'senders', 'leases'].map((name) => `meveto_logout_${name}`);

/** Creates a database with the users `m-<id>` for these ids. `serverUrl` undefined: a SQLite file. */
export async function createChaosDatabase(
  serverUrl: string | undefined,
  userIds: readonly number[],
): Promise<ChaosDatabase> {
  const database = serverUrl === undefined ? sqliteFile() : await serverDatabase(serverUrl);
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

interface Connection {
  readonly query: (sql: string) => Promise<readonly Row[]>;
  readonly close: () => Promise<void>;
}

/** A server's own way to connect and to drop a database that is in use. */
interface Server {
  readonly open: (address: string) => Connection;
  readonly dropOption: string;
}

const postgres: Server = {
  open: (address) => {
    const pool = new pg.Pool({ connectionString: address, max: 1 });
    // A server that stops while the connection is idle is not an error: the next query reconnects.
    pool.on('error', () => undefined);
    return { query: async (sql) => (await pool.query<Row>(sql)).rows, close: () => pool.end() };
  },
  dropOption: ' WITH (FORCE)',
};

const mariaDb: Server = {
  open: (address) => {
    const pool = createPool({ uri: address, connectionLimit: 1 });
    const query = async (sql: string): Promise<readonly Row[]> => {
      const [rows] = await pool.query(sql);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    };
    return { query, close: () => pool.end() };
  },
  dropOption: '',
};

async function serverDatabase(serverUrl: string): Promise<ChaosDatabase> {
  // Libraries of MySQL and MariaDB expect this scheme.
  const url = new URL(serverUrl.replace(/^mariadb:/, 'mysql:'));
  const server = url.protocol === 'mysql:' ? mariaDb : postgres;
  // CI's account on MariaDB may use only names with this prefix.
  const name = `meveto_test_chaos_${randomBytes(6).toString('hex')}`;
  const serverAddress = url.href;
  await once(server, serverAddress, `CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  const address = url.href;
  const { query, close } = server.open(address);
  return {
    address,
    query,
    everything: async () => {
      const tables: unknown[] = [];
      for (const table of ['users', ...MODULE_TABLES]) tables.push(await query(`SELECT * FROM ${table}`));
      return JSON.stringify(tables);
    },
    drop: async () => {
      await close();
      await once(server, serverAddress, `DROP DATABASE IF EXISTS ${name}${server.dropOption}`);
    },
  };
}

async function once(server: Server, address: string, sql: string): Promise<void> {
  const { query, close } = server.open(address);
  try {
    await query(sql);
  } finally {
    await close();
  }
}
