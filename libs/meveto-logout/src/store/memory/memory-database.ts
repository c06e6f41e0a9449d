import type BetterSqlite3 from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { ConfigurationError } from '../../core/index.js';
import type { NamedTables } from '../sql/named-tables.js';
import { schemaSteps } from '../sql/schema-steps.js';

/** The clock of the memory store, in SQL. */
export const NOW_MS = 'CAST(now_ms() AS INTEGER)';

export const HOST_TABLES: NamedTables = {
  users: {
    table: 'users',
    id: 'id',
    mevetoId: 'meveto_id',
    lastLoggedIn: 'last_logged_in',
    lastLoggedOut: 'last_logged_out',
  },
  accessTokens: { table: 'access_tokens', userId: 'user_id', issuedAt: 'issued_at' },
};

const CREATE_HOST_TABLES = [
  'CREATE TABLE users (id TEXT PRIMARY KEY, meveto_id TEXT UNIQUE, last_logged_in INTEGER, last_logged_out INTEGER)',
  'CREATE TABLE access_tokens (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, issued_at INTEGER)',
];

const NOT_INSTALLED =
  'store: memoryStore() needs the package better-sqlite3, which cannot be loaded. Install it: npm install --save-dev better-sqlite3.';

/** Only here, so that an application without memory stores does not need the package. */
const loadSqlite = (): Promise<{ default: typeof BetterSqlite3 }> => import('better-sqlite3');

/**
 * Opens a new database in memory, with the tables of the module and of an application.
 * @param now the clock, epoch milliseconds
 * @throws {ConfigurationError} when better-sqlite3 is not installed
 */
export async function openMemoryDatabase(now: () => number, load = loadSqlite): Promise<Database> {
  const { default: Sqlite } = await load().catch(() => {
    throw new ConfigurationError([NOT_INSTALLED]);
  });
  const database = new Sqlite(':memory:');
  database.function('now_ms', now);
  const ownTables = schemaSteps('sqlite').flatMap(({ statements }) => statements);
  for (const statement of [...CREATE_HOST_TABLES, ...ownTables]) database.exec(statement);
  return database;
}
