import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { printSchema, schemaSteps, type TableNames } from 'nestjs-meveto-logout';
import { mevetoLogoutEntities, mevetoLogoutMigrations } from 'nestjs-meveto-logout/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ownTableNames, ownTables } from '../../libs/meveto-logout/src/store/sql/table-names.js';
import { createTestDatabase, databaseKind, type TestDatabase } from '../support/database.js';
import { catalogueOf } from './catalogue.js';

const isPostgres = databaseKind === 'PostgreSQL';

describe(`the steps of the schema on ${databaseKind}`, () => {
  const databases: TestDatabase[] = [];
  const opened: DataSource[] = [];
  let database: TestDatabase;
  beforeEach(async () => {
    database = await another();
  });
  afterEach(async () => {
    for (const dataSource of opened.splice(0)) await dataSource.destroy();
    for (const each of databases.splice(0)) await each.drop();
  });

  const another = async (): Promise<TestDatabase> => {
    const created = await createTestDatabase();
    databases.push(created);
    return created;
  };
  const open = async (
    { connection }: TestDatabase,
    names: Partial<DataSourceOptions> = {},
  ): Promise<DataSource> => {
    const dataSource = new DataSource({
      ...connection,
      ...names,
      entities: [...mevetoLogoutEntities],
      migrations: [...mevetoLogoutMigrations],
    } as DataSourceOptions);
    opened.push(dataSource);
    return dataSource.initialize();
  };
  const statementsOf = (names: TableNames = {}): readonly string[] =>
    schemaSteps(database.kind, names).flatMap(({ statements }) => statements);
  const run = async (dataSource: DataSource, statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await dataSource.query(statement);
  };
  const pathsOf = (names: TableNames): string[] => Object.values({ ...ownTables(database.kind, names) });
  const catalogue = (dataSource: DataSource, names: TableNames = {}) =>
    catalogueOf(dataSource, Object.values(ownTableNames(database.kind, names)), names.schema);

  const APART = { prefix: 'app_', schema: 'apart' };
  it.each<[string, TableNames]>([
    ['the usual names', {}],
    ['a prefix', { prefix: 'app_' }],
    ['a long prefix', { prefix: 'a_long_prefix_of_a_shared_database_of_ours_' }],
    ...(isPostgres ? [['a schema', APART] satisfies [string, TableNames]] : []),
  ])('make the same tables as the migration of TypeORM: %s', async (_what, names) => {
    const { prefix = '', schema } = names;
    const plain = await open(database);
    const migrated = await open(await another(), {
      entityPrefix: prefix,
      ...(schema !== undefined && { schema }),
    });
    if (schema !== undefined)
      for (const dataSource of [plain, migrated]) await dataSource.query(`CREATE SCHEMA ${schema}`);

    await run(plain, statementsOf(names));
    await migrated.runMigrations();
    expect(await catalogue(plain, names)).toEqual(await catalogue(migrated, names));

    await migrated.undoLastMigration();
    for (const table of pathsOf(names))
      await expect(migrated.query(`SELECT * FROM ${table}`)).rejects.toMatchObject({
        message: expect.stringMatching(/no such table|does not exist|doesn't exist/),
      });
  });

  it('make the tables that the entities describe', async () => {
    const plain = await open(database);
    await run(plain, statementsOf());
    const synchronized = await open(await another());
    await synchronized.synchronize();
    const [ours, typeOrms] = [await catalogue(plain), await catalogue(synchronized)].map((each) =>
      // TypeORM leaves the collation of MySQL to the database.
      JSON.stringify(each).replaceAll(' CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', ''),
    );
    expect(ours).toContain('meveto_logout_jobs_due');
    expect(ours).toBe(typeOrms);
  });

  it('leave nothing to change for the schema builder of TypeORM', async () => {
    const dataSource = await open(database);
    await run(dataSource, statementsOf());
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can run again after a stop at any statement, and keep the rows', async () => {
    const dataSource = await open(database);
    const statements = statementsOf();
    const { keys } = ownTables(database.kind, {});
    for (const [count] of statements.entries()) await run(dataSource, statements.slice(0, count));
    await run(dataSource, statements);
    const whole = await catalogue(dataSource);
    await dataSource.query(`INSERT INTO ${keys} (name, material) VALUES ('a', 'b')`);
    await run(dataSource, statements);
    expect(await catalogue(dataSource)).toEqual(whole);
    expect(await dataSource.query(`SELECT name FROM ${keys}`)).toEqual([{ name: 'a' }]);
  });

  it('treat quotes, dots and semicolons in a name as part of the name', async () => {
    const dataSource = await open(database);
    const awkward = { prefix: `a.b"'\`; DROP TABLE x; --` };
    const whole = { tables: { jobs: `jobs"of\`us` } };
    for (const names of [awkward, whole]) {
      await run(dataSource, statementsOf(names));
      for (const table of pathsOf(names))
        expect(await dataSource.query(`SELECT * FROM ${table}`)).toEqual([]);
    }
  });

  it('make separate tables for two applications in one database', async () => {
    const dataSource = await open(database);
    const both = ['one_', 'two_'].map((prefix) => ({ prefix }));
    for (const names of both) await run(dataSource, statementsOf(names));
    for (const { prefix } of both)
      expect(JSON.stringify(await catalogue(dataSource, { prefix }))).toContain(
        `${prefix}meveto_logout_jobs_due`,
      );
  });

  it('print a text that a client of the database runs', async () => {
    const printed = printSchema(database.kind);
    const dataSource = await open(database);
    const texts = isPostgres ? [printed] : printed.split(/;$/m).slice(0, -1);
    await run(dataSource, texts);
    const stepped = await open(await another());
    await run(stepped, statementsOf());
    expect(await catalogue(dataSource)).toEqual(await catalogue(stepped));
  });
});
