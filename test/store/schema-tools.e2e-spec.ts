import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3';
import { migrate as migrateSqlite } from 'drizzle-orm/better-sqlite3/migrator';
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2';
import { migrate as migrateMysql } from 'drizzle-orm/mysql2/migrator';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import knex, { type Knex } from 'knex';
import { Kysely, type Migration, Migrator, MysqlDialect, PostgresDialect, sql, SqliteDialect } from 'kysely';
import mysql from 'mysql2';
import { schemaSteps } from 'nestjs-meveto-logout';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ownTableNames } from '../../libs/meveto-logout/src/store/sql/table-names.js';
import { createTestDatabase, databaseKind, type TestDatabase } from '../support/database.js';
import { catalogueOf } from './catalogue.js';

/** The examples of docs/tables.md. Each tool runs twice. */
describe(`other migration tools create the module's tables on ${databaseKind}`, () => {
  let database: TestDatabase;
  let file: string;
  beforeEach(async () => {
    database = await createTestDatabase();
    file = new URL(database.url).pathname;
  });
  afterEach(() => database.drop());

  const catalogue = async (
    { connection }: TestDatabase,
    createTables?: (dataSource: DataSource) => Promise<void>,
  ) => {
    const dataSource = await new DataSource(connection).initialize();
    try {
      await createTables?.(dataSource);
      return await catalogueOf(dataSource, Object.values(ownTableNames(database.kind, {})));
    } finally {
      await dataSource.destroy();
    }
  };
  const expected = async () => {
    const other = await createTestDatabase();
    try {
      return await catalogue(other, async (dataSource) => {
        for (const { statements } of schemaSteps(database.kind))
          for (const each of statements) await dataSource.query(each);
      });
    } finally {
      await other.drop();
    }
  };

  it('Knex', async () => {
    const up = async (db: Knex): Promise<void> => {
      for (const { id, statements } of schemaSteps(database.kind))
        if (id === '0001-create-meveto-logout') for (const each of statements) await db.raw(each);
    };
    const down = async (db: Knex): Promise<void> => {
      for (const table of ['jobs', 'logouts', 'leases', 'senders', 'keys'])
        await db.schema.dropTable(`meveto_logout_${table}`);
    };
    const migrationSource: Knex.MigrationSource<string> = {
      getMigrations: () => Promise.resolve(['20260101000000_meveto_logout']),
      getMigrationName: (name) => name,
      getMigration: () => Promise.resolve({ up, down }),
    };
    const clients = { sqlite: 'better-sqlite3', postgres: 'pg', mysql: 'mysql2' };
    const db = knex({
      client: clients[database.kind],
      connection: database.kind === 'sqlite' ? { filename: file } : database.url,
      useNullAsDefault: true,
    });
    try {
      await db.migrate.latest({ migrationSource });
      await db.migrate.rollback({ migrationSource });
      await db.migrate.latest({ migrationSource });
    } finally {
      await db.destroy();
    }
    expect(await catalogue(database)).toEqual(await expected());
  });

  it('Kysely', async () => {
    const dialects = {
      sqlite: () => new SqliteDialect({ database: new BetterSqlite3(file) }),
      postgres: () => new PostgresDialect({ pool: new pg.Pool({ connectionString: database.url }) }),
      mysql: () => new MysqlDialect({ pool: mysql.createPool(database.url) }),
    };
    const ownNames = {
      migrationTableName: 'meveto_logout_migration',
      migrationLockTableName: 'meveto_logout_migration_lock',
    };
    const db = new Kysely<unknown>({ dialect: dialects[database.kind]() });
    const provider = {
      getMigrations: () =>
        Promise.resolve(
          Object.fromEntries(
            schemaSteps(database.kind).map(({ id, statements }): [string, Migration] => [
              id,
              {
                up: async (kysely) => {
                  for (const each of statements) await sql.raw(each).execute(kysely);
                },
              },
            ]),
          ),
        ),
    };
    try {
      for (const executed of [1, 0]) {
        const migrator = new Migrator({ db, provider, ...ownNames });
        const { error, results } = await migrator.migrateToLatest();
        expect(error).toBeUndefined();
        expect(results).toHaveLength(executed);
      }
    } finally {
      await db.destroy();
    }
    expect(await catalogue(database)).toEqual(await expected());
  });

  it('Drizzle', async () => {
    const migrationsFolder = mkdtempSync(join(tmpdir(), 'meveto-logout-drizzle-'));
    const text = schemaSteps(database.kind)
      .flatMap(({ statements }) => statements)
      .join(';\n--> statement-breakpoint\n');
    writeFileSync(join(migrationsFolder, '0000_meveto_logout.sql'), text);
    const entry = {
      idx: 0,
      version: '7',
      when: 1_767_225_600_000,
      tag: '0000_meveto_logout',
      breakpoints: true,
    };
    mkdirSync(join(migrationsFolder, 'meta'));
    writeFileSync(join(migrationsFolder, 'meta', '_journal.json'), JSON.stringify({ entries: [entry] }));
    const migrate = {
      sqlite: () => {
        const client = new BetterSqlite3(file);
        migrateSqlite(drizzleSqlite(client), { migrationsFolder });
        client.close();
        return Promise.resolve();
      },
      postgres: async () => {
        const client = new pg.Pool({ connectionString: database.url });
        await migratePostgres(drizzlePostgres(client), { migrationsFolder });
        await client.end();
      },
      mysql: async () => {
        const client = mysql.createPool(database.url).promise();
        await migrateMysql(drizzleMysql(client), { migrationsFolder });
        await client.end();
      },
    };
    try {
      for (let run = 0; run < 2; run++) await migrate[database.kind]();
    } finally {
      rmSync(migrationsFolder, { recursive: true });
    }
    expect(await catalogue(database)).toEqual(await expected());
  });
});
