import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError } from 'nestjs-meveto-logout';
import { mevetoLogoutEntities, typeOrmStore, type TypeOrmStoreOptions } from 'nestjs-meveto-logout/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import type { TestDatabase } from '../support/database.js';
import { AccessToken, User } from '../support/hosts/host-app.js';
import { connectHost, contextOf, mapping } from './typeorm-opened-store.js';

@Entity('unknown senders')
class UnknownSender {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

/** The faults reported at start for an unsuitable database or mapping. */
export function storeConfigurationContract(name: string, create: () => Promise<TestDatabase>): void {
  describe(`starting the TypeORM store on ${name}`, () => {
    let database: TestDatabase;
    let dataSource: DataSource;
    beforeAll(async () => {
      database = await create();
      dataSource = await connectHost(database.connection);
    });
    afterAll(async () => {
      await dataSource.destroy();
      await database.drop();
    });

    const faultsOf = async (
      options: TypeOrmStoreOptions,
      source = dataSource,
    ): Promise<readonly string[]> => {
      const store = typeOrmStore(options).create(contextOf(source));
      const error: unknown = await store.connect().catch((fault: unknown) => fault);
      await store.close();
      if (!(error instanceof ConfigurationError)) throw new Error('it started', { cause: error });
      return error.faults;
    };

    it('reports a missing DataSource', async () => {
      expect(await faultsOf({ ...mapping, dataSource: 'other' })).toEqual([
        `store: no DataSource named 'other' in the application. Import TypeOrmModule.forRoot({ … }).`,
      ]);
    });

    it('reports every property that the entities do not have', async () => {
      expect(
        await faultsOf({
          user: { ...mapping.user, mevetoId: 'meveto_id', lastLoggedOut: 'loggedOut' },
          accessTokens: { entity: AccessToken, userId: 'owner', issuedAt: 'signedInAt' },
        }),
      ).toEqual([
        `store.user: User has no column for the property 'meveto_id'. It has: id, mevetoId, lastLoggedIn, lastLoggedOut.`,
        `store.user: User has no column for the property 'loggedOut'. It has: id, mevetoId, lastLoggedIn, lastLoggedOut.`,
        `store.accessTokens: AccessToken has no column for the property 'owner'. It has: id, userId, signedInAt, revokedAt.`,
      ]);
    });

    it('reports a column that cannot hold an instant', async () => {
      expect(
        await faultsOf({
          user: mapping.user,
          accessTokens: { entity: AccessToken, userId: 'userId', issuedAt: 'id' },
        }),
      ).toEqual([
        `store.accessTokens: the column for 'id' cannot hold an instant. Use bigint for epoch milliseconds, or a date with time.`,
      ]);
    });

    it('reports dates that would round a login across a logout', async () => {
      @Entity('whole_seconds')
      class Row {
        @PrimaryColumn({ type: 'int' })
        id!: number;

        @Column({ type: 'int' })
        userId!: number;

        @Column({ type: name === 'PostgreSQL' ? 'timestamp' : 'datetime', precision: 0 })
        coarse!: Date;

        @Column({ type: name === 'PostgreSQL' ? 'timestamp' : 'datetime', precision: 3 })
        fine!: Date;
      }
      const source = await connectHost(database.connection, [User, AccessToken, Row]);
      const options = (issuedAt: string) => ({
        user: mapping.user,
        accessTokens: { entity: Row, userId: 'userId', issuedAt },
      });
      try {
        const started = typeOrmStore(options(name === 'SQLite' ? 'coarse' : 'fine')).create(
          contextOf(source),
        );
        await started.connect();
        await started.close();
        // SQLite stores dates as texts with milliseconds.
        if (name !== 'SQLite')
          expect(await faultsOf(options('coarse'), source)).toEqual([
            expect.stringContaining("the column for 'coarse' keeps less than milliseconds"),
          ]);
      } finally {
        await source.destroy();
      }
    });

    it('reports an entity that the DataSource does not know', async () => {
      expect(await faultsOf({ user: { ...mapping.user, entity: UnknownSender } })).toEqual([
        'store.user.entity: the DataSource does not know it. Add it to the DataSource’s `entities`.',
      ]);
    });

    it('reports missing entities of the module', async () => {
      const without = await new DataSource({
        ...database.connection,
        entities: [User, AccessToken],
      }).initialize();
      expect(await faultsOf(mapping, without)).toEqual([
        'store: the DataSource does not know the module’s entities. Add ...mevetoLogoutEntities to its `entities`, and ' +
          '...mevetoLogoutMigrations to its `migrations`.',
      ]);
      await without.destroy();
    });

    it('reports missing migrations of the module', async () => {
      const empty = await create();
      const without = await new DataSource({
        ...empty.connection,
        entities: [User, AccessToken, ...mevetoLogoutEntities],
      }).initialize();
      const faults = await faultsOf(mapping, without);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain('the module’s tables cannot be read. Add ...mevetoLogoutMigrations');
      expect(faults[0]).toMatch(/meveto_logout_jobs/);
      await without.destroy();
      await empty.drop();
    });

    it('throws when the store is used before connect()', () => {
      const store = typeOrmStore(mapping).create(contextOf(dataSource));
      expect(() => store.inbox).toThrow('The store is used before the application was initialised.');
    });

    it('accepts a second connect()', async () => {
      const store = typeOrmStore(mapping).create(contextOf(dataSource));
      await store.connect();
      const { inbox } = store;
      await store.connect();
      expect(store.inbox).toBe(inbox);
      await store.close();
    });
  });
}
