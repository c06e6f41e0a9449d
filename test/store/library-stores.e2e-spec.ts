import * as jest from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import knex from 'knex';
import { Kysely, SqliteDialect } from 'kysely';
import type { SqliteExecutor } from 'nestjs-meveto-logout';
import { sqliteFile } from 'nestjs-meveto-logout/executors';
import { storeConformance } from 'nestjs-meveto-logout/testing';
import { createTestDatabase, databaseKind } from '../support/database.js';
import { EXECUTORS } from '../support/executors.js';

interface OpenedFile {
  readonly executor: SqliteExecutor;
  readonly close: () => unknown;
}

/** Their executors on a server. The other ones run on the same code, or in another spec. */
const LIBRARIES = new Set(['Knex', 'Kysely', 'Drizzle']);

/** A library that has this SQLite file open. */
const onSqlite: readonly (readonly [library: string, open: (file: string) => OpenedFile])[] = [
  [
    'Knex',
    (file) => {
      const instance = knex({
        client: 'better-sqlite3',
        connection: { filename: file },
        useNullAsDefault: true,
      });
      return { executor: sqliteFile({ file }), close: () => instance.destroy() };
    },
  ],
  [
    'Kysely',
    (file) => {
      const database = new Database(file);
      const db = new Kysely<object>({ dialect: new SqliteDialect({ database }) });
      return { executor: sqliteFile(database), close: () => db.destroy() };
    },
  ],
  [
    'Drizzle',
    (file) => {
      const db = drizzle(file);
      return { executor: sqliteFile(db.$client), close: () => db.$client.close() };
    },
  ],
];

if (databaseKind === 'SQLite') {
  for (const [library, open] of onSqlite)
    storeConformance(jest, {
      name: `sqlStore with ${library} on a SQLite file`,
      open: () => {
        const folder = mkdtempSync(join(tmpdir(), 'meveto-logout-'));
        const file = join(folder, 'app.sqlite');
        new Database(file).pragma('journal_mode = WAL');
        const opened = open(file);
        return {
          ...opened,
          close: async () => {
            await opened.close();
            rmSync(folder, { recursive: true });
          },
        };
      },
    });
} else {
  for (const [library, open] of EXECUTORS.filter(([each]) => LIBRARIES.has(each)))
    storeConformance(jest, {
      name: `sqlStore with ${library} on ${databaseKind}`,
      open: async () => {
        const database = await createTestDatabase();
        const opened = await open({ url: database.url, poolSize: 10 });
        return {
          executor: opened.executor,
          close: async () => {
            await opened.close();
            await database.drop();
          },
        };
      },
    });
}
