import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mevetoLogoutEntities, mevetoLogoutMigrations, typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { DataSource, type DataSourceOptions, DefaultNamingStrategy, Table } from 'typeorm';
import { MevetoLogoutJob } from '../../libs/meveto-logout/src/store/typeorm/entities.js';
import { incoming } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { contextOf, mapping } from '../contracts/typeorm-opened-store.js';
import { createTestDatabase, databaseKind, type TestDatabase } from '../support/database.js';
import { AccessToken, User } from '../support/hosts/host-app.js';

/** In the order of their creation. */
const TABLES = ['jobs', 'logouts', 'leases', 'senders', 'keys'].map((name) => `meveto_logout_${name}`);

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
  /** The tables with their columns and indices. */
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

  it.each([0, 1, 2, 3, 4])(
    'continue after a start that stopped after %i of the five tables',
    async (count) => {
      const first = await open();
      const whole = await schemaOf(first);
      expect(whole.map(({ name }) => name)).toEqual([...TABLES].sort());
      for (const table of TABLES.slice(count)) await first.query(`DROP TABLE ${table}`);
      await first.query('DELETE FROM migrations');
      await first.destroy();
      expect(await schemaOf(await open())).toEqual(whole);
    },
  );

  it('can be reverted and run again', async () => {
    const dataSource = await open();
    const whole = await schemaOf(dataSource);
    expect(mevetoLogoutMigrations).toHaveLength(1);
    await dataSource.undoLastMigration();
    expect(await schemaOf(dataSource)).toEqual([]);
    await dataSource.runMigrations();
    expect(await schemaOf(dataSource)).toEqual(whole);
  });

  describe('with table names of the application', () => {
    class Renamed extends DefaultNamingStrategy {
      override tableName(targetName: string, givenName: string | undefined): string {
        return `t_${super.tableName(targetName, givenName)}`.toUpperCase();
      }
    }
    const openNamed = async (names: Partial<DataSourceOptions>): Promise<DataSource> => {
      const dataSource = new DataSource({
        ...database.connection,
        ...names,
        entities: [User, AccessToken, ...mevetoLogoutEntities],
        migrations: [...mevetoLogoutMigrations],
        migrationsRun: true,
      } as DataSourceOptions);
      opened.push(dataSource);
      await dataSource.initialize();
      const runner = dataSource.createQueryRunner();
      for (const entity of [User, AccessToken])
        await runner.createTable(Table.create(dataSource.getMetadata(entity), dataSource.driver));
      await runner.release();
      return dataSource;
    };
    const logsOut = async (dataSource: DataSource, id: number): Promise<void> => {
      const store = typeOrmStore(mapping).create(contextOf(dataSource));
      await store.connect();
      await dataSource.getRepository(User).insert({ id, mevetoId: 'm-1' });
      await store.inbox.receive([incoming('a')]);
      const [job] = await store.inbox.claim(1, 1_000);
      if (job === undefined) throw new Error('nothing to claim');
      expect(await store.logoutStore.applyLogout(job, 'm-1')).toMatchObject({
        logout: { userId: String(id) },
      });
      expect((await store.logoutStore.committedSince(0)).logouts).toHaveLength(1);
      await store.close();
    };

    it.each<[string, Partial<DataSourceOptions>]>([
      ['a prefix', { entityPrefix: 'app_' }],
      ['a long prefix', { entityPrefix: 'a_long_prefix_of_a_shared_database_of_ours_' }],
      ['a naming strategy', { namingStrategy: new Renamed() }],
      ['both', { entityPrefix: 'App-', namingStrategy: new Renamed() }],
    ])('create the tables that the store uses: %s', async (_what, names) => {
      const dataSource = await openNamed(names);
      await logsOut(dataSource, 1);
      await dataSource.undoLastMigration();
      const runner = dataSource.createQueryRunner();
      const { tablePath } = dataSource.getMetadata(MevetoLogoutJob);
      expect(await runner.hasTable(tablePath)).toBe(false);
      await runner.release();
    });

    it('create separate tables for two applications in one database', async () => {
      for (const [index, prefix] of ['one_', 'two_'].entries()) {
        const names = { entityPrefix: prefix, migrationsTableName: `${prefix}migrations` };
        await logsOut(await openNamed(names), index + 1);
      }
    });
  });
});
