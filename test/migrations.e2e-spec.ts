import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mevetoLogoutEntities, mevetoLogoutMigrations } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { createTestDatabase, databaseKind, type TestDatabase } from './support/database.js';

/** In the order in which they are made. */
const TABLES = ['calls', 'marks', 'leases', 'senders'].map((name) => `meveto_logout_${name}`);

describe(`the module's migrations on ${databaseKind}`, () => {
  let database: TestDatabase;
  const opened: DataSource[] = [];
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const dataSource of opened.splice(0)) if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  });

  const open = async (): Promise<DataSource> => {
    const dataSource = new DataSource({
      ...database.connection,
      entities: [...mevetoLogoutEntities],
      migrations: [...mevetoLogoutMigrations],
      migrationsRun: true,
    });
    opened.push(dataSource);
    return dataSource.initialize();
  };
  /** Each table with its columns and indices. */
  const schemaOf = async (dataSource: DataSource) => {
    const runner = dataSource.createQueryRunner();
    try {
      const tables = await runner.getTables(TABLES);
      return tables
        .map(({ name, columns, indices }) => ({
          name: name.split('.').at(-1),
          columns: columns.map((column) => column.name).sort(),
          indices: indices.map((index) => index.columnNames.join()).sort(),
        }))
        .sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''));
    } finally {
      await runner.release();
    }
  };

  it.each([0, 1, 2, 3])('go on where a start ended after %i of the four tables', async (count) => {
    const first = await open();
    const whole = await schemaOf(first);
    expect(whole.map(({ name }) => name)).toEqual([...TABLES].sort());
    for (const table of TABLES.slice(count)) await first.query(`DROP TABLE ${table}`);
    await first.query('DELETE FROM migrations');
    await first.destroy();
    expect(await schemaOf(await open())).toEqual(whole);
  });

  it('can be taken back, and run again', async () => {
    const dataSource = await open();
    const whole = await schemaOf(dataSource);
    expect(mevetoLogoutMigrations).toHaveLength(1);
    await dataSource.undoLastMigration();
    expect(await schemaOf(dataSource)).toEqual([]);
    await dataSource.runMigrations();
    expect(await schemaOf(dataSource)).toEqual(whole);
  });
});
