import { describe, expect, it } from '@jest/globals';
import { mevetoLogoutEntities, typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { DataSource, EntitySchema, type EntitySchemaColumnOptions, type ObjectLiteral } from 'typeorm';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { contextOf } from './typeorm-opened-store.js';
import { inTimeZone } from '../support/time-zone.js';
import {
  BIGINT,
  claim,
  faultsOf,
  HostTablesWorld,
  isMysql,
  NAME,
  tokensWith,
  USER,
  usersWith,
} from './host-tables-world.js';

/** Tables of applications: accepted ones, ones that are refused at start, and ones that cause a warning. */
export function hostTablesContract(create: () => Promise<TestDatabase>): void {
  describe(`the application’s tables on ${databaseKind}`, () => {
    const world = new HostTablesWorld(create);

    it('refuses an id that is unique only together with other columns', async () => {
      const tenant = { type: 'int', primary: true } as const;
      expect(await faultsOf(world.startUsers({ tenantId: tenant }))).toEqual([
        expect.stringMatching(
          /^store\.user: 'id' alone does not identify a user .* has no unique index on id/,
        ),
      ]);
    });

    it('accepts an id of a composite key that is unique by itself', async () => {
      const opened = await world.startUsers(
        { tenantId: { type: 'int', primary: true } },
        { prepare: () => world.dataSource.query('CREATE UNIQUE INDEX accounts_id ON accounts (id)') },
      );
      await world.rows().insert({ id: 'a', tenantId: 1, mevetoId: 'm-1' });
      expect((await opened.logoutStore.applyLogout(await claim(opened), 'm-1')).kind).toBe('applied');
    });

    if (!isMysql)
      it('refuses an id that is unique in some rows only', async () => {
        const started = world.startUsers(
          { tenantId: { type: 'int', primary: true } },
          {
            prepare: () =>
              world.dataSource.query(
                'CREATE UNIQUE INDEX accounts_id ON accounts (id) where "lastLoggedOut" IS NULL',
              ),
          },
        );
        expect(await faultsOf(started)).toHaveLength(1);
      });

    it('refuses a Meveto ID that cannot be cleared', async () => {
      expect(await faultsOf(world.startUsers({ mevetoId: { ...NAME, unique: true } }))).toEqual([
        expect.stringMatching(
          /^store\.user: the column mevetoId of .accounts. for 'mevetoId' is NOT NULL, .* Make it nullable\.$/,
        ),
      ]);
    });

    it('warns if the Meveto ID is not unique', async () => {
      await world.startUsers({ mevetoId: { ...NAME, nullable: true } });
      expect(world.warnings()).toEqual([
        expect.stringMatching(
          /^\[MEVETO_STORE_CHECK\] No unique index on mevetoId of .accounts.: several users can have the same Meveto ID/,
        ),
      ]);
    });

    it('warns if a unique index covers more than the Meveto ID', async () => {
      await world.startUsers(
        { mevetoId: { ...NAME, nullable: true } },
        {
          prepare: () =>
            world.dataSource.query(
              `CREATE UNIQUE INDEX two ON accounts (${world.dataSource.driver.escape('mevetoId')}, ${world.dataSource.driver.escape('lastLoggedIn')})`,
            ),
        },
      );
      expect(world.warnings()).toHaveLength(1);
    });

    if (!isMysql)
      it('accepts a unique index on rows that are not deleted without a warning', async () => {
        await world.startUsers(
          { mevetoId: { ...NAME, nullable: true } },
          {
            prepare: () =>
              world.dataSource.query(
                'CREATE UNIQUE INDEX live ON accounts ("mevetoId") where "lastLoggedOut" is null',
              ),
          },
        );
        expect(world.warnings()).toEqual([]);
      });

    it('accepts a unique Meveto ID without a warning', async () => {
      await world.startUsers({});
      expect(world.warnings()).toEqual([]);
    });

    it(`${isMysql ? 'warns' : 'does not warn'} about the module’s tables created by \`synchronize\``, async () => {
      const entity = usersWith({});
      const dataSource = new DataSource({
        ...world.connection,
        entities: [entity, ...mevetoLogoutEntities],
        synchronize: true,
      });
      await dataSource.initialize();
      const store = typeOrmStore({ user: { ...USER, entity } }).create(contextOf(dataSource));
      await store.connect();
      await store.close();
      await dataSource.destroy();
      const warning =
        /user_id of meveto_logout_logouts has the collation utf8mb4_\w+_ci, which treats 'alice' and 'Alice' as one user/;
      expect(world.warnings()).toEqual(isMysql ? [expect.stringMatching(warning)] : []);
    });

    describe('with logins and logouts dated without a time zone', () => {
      const type = databaseKind === 'PostgreSQL' ? 'timestamp' : 'datetime';
      const dated = { type, nullable: true, ...(isMysql && { precision: 3 }) } as EntitySchemaColumnOptions;
      const startDated = (zone: string, connection = world.connection) => {
        const entity = usersWith({ lastLoggedIn: dated, lastLoggedOut: dated });
        return inTimeZone(zone, () => world.start([entity], { user: { ...USER, entity } }, { connection }));
      };

      it.each(['UTC', 'Africa/Abidjan'])('does not warn in %s', async (zone) => {
        await startDated(zone);
        expect(world.warnings()).toEqual([]);
      });

      // London has UTC in winter only.
      it.each(['Asia/Tokyo', 'Europe/London', 'America/New_York'])(
        'warns in %s, and starts',
        async (zone) => {
          await startDated(zone);
          expect(world.warnings()).toEqual(
            databaseKind === 'SQLite'
              ? []
              : [
                  expect.stringMatching(
                    /^\[MEVETO_STORE_CHECK\] store\.user: 'lastLoggedIn', 'lastLoggedOut' are stored without a time zone, and this process is outside UTC/,
                  ),
                ],
          );
        },
      );

      it('does not date logins after a logout in the future that a process in another time zone has written', async () => {
        const opened = await startDated('Asia/Tokyo');
        await world.rows().insert({ id: '1', mevetoId: 'm-1' });
        const logOutIn = (zone: string, name: string) =>
          inTimeZone(zone, async () => {
            const signedInAt = await opened.logoutStore.recordLogin('1', undefined);
            const outcome = await opened.logoutStore.applyLogout(await claim(opened, name), 'm-1');
            return [signedInAt, (outcome as { logout: { loggedOutAt: number } }).logout.loggedOutAt] as const;
          });
        const zones = ['America/New_York', 'Asia/Tokyo', 'UTC', 'America/New_York'];
        for (const [turn, zone] of zones.entries()) {
          const [signedInAt, loggedOutAt] = await logOutIn(zone, String(turn));
          expect(loggedOutAt).toBeGreaterThanOrEqual(signedInAt);
          expect(loggedOutAt - signedInAt).toBeLessThan(60_000);
        }
      });
    });

    describe('with tokens dated without a time zone', () => {
      const dated = (createDate: boolean, type: string) =>
        tokensWith({
          issuedAt: { type, createDate, ...(isMysql && { precision: 3 }) } as EntitySchemaColumnOptions,
        });
      const startDated = (zone: string, type: string, createDate = true, connection = world.connection) => {
        const [user, token] = [usersWith({}), dated(createDate, type)];
        const accessTokens = { entity: token, userId: 'owner', issuedAt: 'issuedAt' };
        const options = { user: { ...USER, entity: user }, accessTokens };
        return inTimeZone(zone, () => world.start([user, token], options, { connection }));
      };
      const type = databaseKind === 'PostgreSQL' ? 'timestamp' : 'datetime';

      it('does not warn in UTC', async () => {
        await startDated('UTC', type);
        expect(world.warnings()).toEqual([]);
      });

      it.each([true, false])('warns outside UTC, with rows dated by the database: %s', async (byDatabase) => {
        await startDated('Asia/Tokyo', type, byDatabase);
        // SQLite stores dates in UTC in every time zone of the process.
        expect(world.warnings()).toEqual(
          databaseKind === 'SQLite'
            ? []
            : [
                expect.stringMatching(
                  /^\[MEVETO_STORE_CHECK\] store\.accessTokens: .*'issuedAt'.* time zone/,
                ),
              ],
        );
      });

      if (databaseKind === 'PostgreSQL') {
        it('does not warn about dates with a time zone', async () => {
          await startDated('Asia/Tokyo', 'timestamptz');
          expect(world.warnings()).toEqual([]);
        });

        it.each([
          ['Asia/Tokyo', 32_400],
          ['Europe/London', 3_600],
          ['Pacific/Auckland', 46_800],
        ])(
          'warns in UTC if the database dates rows in another time zone, in any season: %s',
          async (zone, seconds) => {
            const connection = { ...world.connection, extra: { options: `-c TimeZone=${zone}` } };
            await startDated('UTC', type, true, connection);
            expect(world.warnings()).toEqual([
              expect.stringMatching(new RegExp(`in another time zone .* \\(${String(seconds)} s ahead\\)`)),
            ]);
          },
        );
      }
    });

    describe('with an embedded class that has properties of the same names', () => {
      const meveto = new EntitySchema({
        name: 'Meveto',
        columns: { id: { ...NAME, nullable: true }, lastLoggedOut: BIGINT },
      });
      const entity = new EntitySchema<ObjectLiteral>({
        name: 'Account',
        tableName: 'accounts',
        columns: {
          id: { ...NAME, primary: true },
          lastLoggedIn: BIGINT,
          lastLoggedOut: BIGINT,
        },
        embeddeds: { meveto: { schema: meveto, prefix: 'a_' }, other: { schema: meveto, prefix: 'b_' } },
      });
      const user = { ...USER, entity, mevetoId: 'meveto.id' };

      it('uses the mapped properties', async () => {
        const opened = await world.start([entity], { user });
        await world.rows().insert({ id: '1', meveto: { id: 'm-1' }, other: { id: 'm-2', lastLoggedOut: 5 } });
        const job = await claim(opened);
        expect(await opened.logoutStore.applyLogout(job, 'm-1')).toMatchObject({
          kind: 'applied',
          logout: { userId: '1' },
        });
        const row = await world.rows().findOneByOrFail({ id: '1' });
        expect(row).toMatchObject({ meveto: { id: 'm-1', lastLoggedOut: null }, other: { id: 'm-2' } });
        expect(String(row['lastLoggedOut'])).toBe(String(job.occurredAt));
      });

      it('refuses a name that exists only in embedded classes, and lists the paths', async () => {
        const login = new EntitySchema({ name: 'Login', columns: { lastLoggedIn: BIGINT } });
        const without = new EntitySchema<ObjectLiteral>({
          name: 'Account',
          tableName: 'accounts',
          columns: { id: { ...NAME, primary: true }, lastLoggedOut: BIGINT },
          embeddeds: { login: { schema: login } },
        });
        const mapping = { ...USER, entity: without, mevetoId: 'lastLoggedOut' };
        expect(await faultsOf(world.start([without], { user: mapping }))).toEqual([
          expect.stringMatching(/no column for the property 'lastLoggedIn'\. It has: .*login\.lastLoggedIn/),
        ]);
      });
    });
  });
}
