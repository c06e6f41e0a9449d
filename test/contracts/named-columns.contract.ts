import { describe, expect, it } from '@jest/globals';
import type { NamedTables } from '../../libs/meveto-logout/src/store/sql/named-tables.js';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { claim, isMysql } from './host-tables-world.js';
import { NamedTablesWorld, namesWith, type Types } from './named-tables-world.js';

const isPostgres = databaseKind === 'PostgreSQL';
const isServer = databaseKind !== 'SQLite';
const BIG = '9007199254740993';

/** The types of ids, with two ids that differ as little as possible. */
const IDS: readonly (readonly [type: string, id: string, other: string])[] = [
  ['varchar(100)', 'ab-1', 'ab-1 x'],
  ['int', '7', '71'],
  ['bigint', BIG, '9007199254740992'],
  ...(isMysql ? ([['bigint unsigned', '18446744073709551615', '18446744073709551614']] as const) : []),
  ...(isPostgres ? ([['numeric(32)', `${BIG}${BIG}`, `${BIG}9007199254740992`]] as const) : []),
  ...(isServer
    ? ([['uuid', '6f1e5b0a-9d7c-4f52-8a3e-1b2c3d4e5f60', '6f1e5b0a-9d7c-4f52-8a3e-1b2c3d4e5f61']] as const)
    : []),
];

/** Columns of ids that are named in the options. */
export function namedColumnsContract(create: () => Promise<TestDatabase>): void {
  describe(`columns by name on ${databaseKind}`, () => {
    const world = new NamedTablesWorld(create);
    const startWith = async (types: Partial<Types>, names: NamedTables = namesWith()) => {
      await world.createTables({ instant: 'bigint', ...types });
      return world.start(names);
    };
    const addUser = (id: string, mevetoId: string) =>
      world.query(`INSERT INTO "Order" ("Key", "group") VALUES ('${id}', '${mevetoId}')`);
    const revoked = async () =>
      (await world.query<{ id: string }>('SELECT id FROM passes WHERE revoked IS NOT NULL ORDER BY id')).map(
        ({ id }) => id,
      );
    const logOutFirst = async (opened: Awaited<ReturnType<typeof startWith>>, id: string, other: string) => {
      await addUser(id, 'm-1');
      await addUser(other, 'm-2');
      await world.query(`INSERT INTO passes (id, owner) VALUES ('a', '${id}'), ('b', '${other}')`);
      return opened.logoutStore.applyLogout(await claim(opened), 'm-1');
    };

    it.each(IDS)('finds users by ids of the type %s', async (type, id, other) => {
      const opened = await startWith({ id: type });
      expect(await logOutFirst(opened, id, other)).toMatchObject({ kind: 'applied', logout: { userId: id } });
      expect(await revoked()).toEqual(['a']);
      const { logouts } = await opened.logoutStore.committedSince(0);
      expect(logouts.map(({ userId }) => userId)).toEqual([id]);
      expect(await world.query('SELECT 1 FROM "Order" WHERE "loggedOut" IS NOT NULL')).toHaveLength(1);
      expect(await opened.logoutStore.countUsers([id, other, `${id}0`])).toBe(2);
      await opened.logoutStore.recordLogin(other, undefined);
      expect(await world.query('SELECT 1 FROM "Order" WHERE "loggedIn" IS NOT NULL')).toHaveLength(1);
    });

    it.each(['int', 'bigint', 'varchar(100)'])(
      'finds no user by a text that ids of the type %s cannot have',
      async (type) => {
        const opened = await startWith({ id: type });
        await addUser('7', 'm-1');
        for (const id of ['7x', 'x', '07', '7.0', ' 7', '99999999999999999999', ''])
          await expect(opened.logoutStore.recordLogin(id, undefined)).rejects.toThrow(
            'No user with this id.',
          );
        expect(await opened.logoutStore.countUsers(['x', '7', '07', '99999999999999999999'])).toBe(1);
      },
    );

    it('finds a Meveto ID in a column of numbers', async () => {
      const opened = await startWith({ mevetoId: 'bigint' });
      await addUser('a', BIG);
      await addUser('b', '9007199254740992');
      const outcome = await opened.logoutStore.applyLogout(await claim(opened), BIG);
      expect(outcome).toMatchObject({ kind: 'applied', logout: { userId: 'a' } });
      const unknown = await opened.logoutStore.applyLogout(await claim(opened, 'b'), 'no-number');
      expect(unknown).toEqual({ kind: 'unknown-user' });
    });

    it('finds tokens that hold numeric ids as texts', async () => {
      const opened = await startWith({ id: 'bigint', owner: 'varchar(30)' });
      await logOutFirst(opened, '7', '70');
      expect(await revoked()).toEqual(['a']);
    });

    if (isPostgres)
      it('logs out both forms of an id that is padded with spaces', async () => {
        const opened = await startWith({ id: 'char(6)' });
        await logOutFirst(opened, 'ab', 'abc');
        expect(await revoked()).toEqual(['a']);
        const { logouts } = await opened.logoutStore.committedSince(0);
        expect(logouts.map(({ userId }) => userId).sort()).toEqual(['ab', 'ab    ']);
      });

    if (isPostgres)
      it('finds ids of a domain, of an enumeration and in another schema', async () => {
        await world.query(`CREATE TYPE kind AS ENUM ('ab-1', 'ab-2')`);
        await world.query('CREATE DOMAIN uid AS varchar(20)');
        await world.createTables({ id: 'kind', mevetoId: 'uid', instant: 'bigint' });
        await world.query('CREATE SCHEMA "My app"');
        for (const table of ['"Order"', 'passes'])
          await world.query(`ALTER TABLE ${table} SET SCHEMA "My app"`);
        await world.query('ALTER TYPE kind SET SCHEMA "My app"');
        const { users, accessTokens } = namesWith();
        const opened = await world.start({
          users: { ...users, table: { schema: 'My app', name: 'Order' } },
          accessTokens: { ...accessTokens, table: { schema: 'My app', name: 'passes' } },
        });
        await world.query(`INSERT INTO "My app"."Order" ("Key", "group") VALUES ('ab-1', 'm-1')`);
        const outcome = await opened.logoutStore.applyLogout(await claim(opened), 'm-1');
        expect(outcome).toMatchObject({ kind: 'applied', logout: { userId: 'ab-1' } });
        await expect(opened.logoutStore.recordLogin('ab-3', undefined)).rejects.toThrow('No user');
      });

    if (isPostgres)
      it.each([
        ['warns about local times', 'now()', 1],
        ['does not warn about times', "(now() AT TIME ZONE 'utc')", 0],
      ])('%s with which the database dates tokens by the default %s', async (_what, byDefault, count) => {
        await world.createTables({ instant: 'timestamp' });
        await world.query(`ALTER TABLE passes ALTER "issued at" SET DEFAULT ${byDefault}`);
        await world.reconnect({ extra: { options: '-c TimeZone=Asia/Tokyo' } });
        await world.start(namesWith((column) => ({ column, kind: 'timestamp-in-utc' })));
        expect(world.warnings).toEqual(
          Array<unknown>(count).fill(
            expect.stringMatching(
              /^\[MEVETO_STORE_CHECK\] store\.hostTables\.accessTokens: the database dates 'issuedAt' in another time zone .* \(32400 s ahead\)/,
            ),
          ),
        );
      });

    it('warns if the Meveto ID is not unique', async () => {
      await startWith({ more: ', PRIMARY KEY ("Key")' });
      expect(world.warnings).toEqual([
        expect.stringMatching(
          /^\[MEVETO_STORE_CHECK\] No unique index on group of .Order.: several users can have the same/,
        ),
      ]);
    });
  });
}
