import BetterSqlite3, { type Database } from 'better-sqlite3';
import { sqlStore } from '../src/store/sql/sql-store-definition.js';
import type { StoreDefinition } from '../src/store/store.port.js';
import { schemaSteps } from '../src/store/sql/schema-steps.js';

const users = {
  table: 'users',
  id: 'id',
  mevetoId: 'meveto_id',
  lastLoggedIn: 'last_logged_in',
  lastLoggedOut: 'last_logged_out',
};

/** A store on SQLite in memory whose user table may have a Meveto ID several times. */
export function storeWithoutUniqueIds(): { database: Database; definition: StoreDefinition } {
  const database = new BetterSqlite3(':memory:');
  database.exec(
    'CREATE TABLE users (id TEXT PRIMARY KEY, meveto_id TEXT, last_logged_in INTEGER, last_logged_out INTEGER)',
  );
  for (const { statements } of schemaSteps('sqlite'))
    for (const statement of statements) database.exec(statement);
  return {
    database,
    definition: sqlStore({
      executor: { database: 'sqlite', sharesConnection: true, open: () => database },
      hostTables: { users },
    }),
  };
}
