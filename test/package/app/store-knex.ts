import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import knex from 'knex';
import { schemaSteps, sqlStore } from 'nestjs-meveto-logout';
import { sqliteFile } from 'nestjs-meveto-logout/executors';
import type { OpenedStore } from './opened-store.js';

export async function openStore(): Promise<OpenedStore> {
  const file = join(mkdtempSync('database-'), 'app.sqlite');
  const database = knex({ client: 'better-sqlite3', connection: { filename: file }, useNullAsDefault: true });
  await database.raw('PRAGMA journal_mode = WAL');
  await database.schema.createTable('users', (table) => {
    table.string('id').primary();
    table.string('meveto_id').unique();
    table.bigInteger('last_logged_in');
    table.bigInteger('last_logged_out');
  });
  for (const { statements } of schemaSteps('sqlite'))
    for (const statement of statements) await database.raw(statement);
  return {
    imports: [],
    store: sqlStore({
      executor: sqliteFile({ file }),
      hostTables: {
        users: {
          table: 'users',
          id: 'id',
          mevetoId: 'meveto_id',
          lastLoggedIn: 'last_logged_in',
          lastLoggedOut: 'last_logged_out',
        },
      },
    }),
    addUser: async (_app, mevetoId) => {
      await database('users').insert({ id: '1', meveto_id: mevetoId });
      await database.destroy();
    },
  };
}
