import { describe, expect, it } from '@jest/globals';
import type { EntitySchemaColumnOptions } from 'typeorm';
import { databaseKind, type TestDatabase } from '../support/database.js';
import {
  BIGINT,
  claim,
  type Columns,
  faultsOf,
  HostTablesWorld,
  isMysql,
  NAME,
  orNull,
  tokensWith,
  USER,
  usersWith,
} from './host-tables-world.js';

/** Keys and columns of the application's tables as defined in the database, where the entity may differ. */
export function hostKeysContract(create: () => Promise<TestDatabase>): void {
  describe(`keys of the application’s tables on ${databaseKind}`, () => {
    const world = new HostTablesWorld(create);
    const quoted = (name: string) => world.dataSource.driver.escape(name);
    /** Creates the user table again. */
    const remake = async (columns: string, key = ''): Promise<void> => {
      await world.dataSource.query('DROP TABLE accounts');
      await world.dataSource.query(
        `CREATE TABLE accounts (${columns}, ${quoted('lastLoggedIn')} bigint, ${quoted('lastLoggedOut')} bigint ${key})`,
      );
    };
    const withTokens = async (user: EntitySchemaColumnOptions, token: Columns) => {
      const [users, tokens] = [usersWith({ id: user }), tokensWith({ ...token, revokedAt: BIGINT })];
      const accessTokens = {
        entity: tokens,
        userId: 'owner',
        issuedAt: 'issuedAt',
        revokedAt: 'revokedAt',
      };
      return world.start([users, tokens], { user: { ...USER, entity: users }, accessTokens });
    };
    const revoked = async (): Promise<readonly string[]> =>
      (await world.rows('Pass').find())
        .filter((row) => row['revokedAt'] !== null)
        .map((row) => String(row['id']));

    it('refuses a composite primary key of which the entity knows one column', async () => {
      const started = world.startUsers(
        { tenantId: { type: 'int', nullable: true } },
        {
          prepare: () =>
            remake(
              `id varchar(100) NOT NULL, ${quoted('tenantId')} int NOT NULL, ${quoted('mevetoId')} varchar(100) UNIQUE`,
              `, PRIMARY KEY (${quoted('tenantId')}, id)`,
            ),
        },
      );
      expect(await faultsOf(started)).toEqual([
        expect.stringMatching(/^store\.user: 'id' alone does not identify a user/),
      ]);
    });

    if (databaseKind !== 'PostgreSQL')
      it('finds columns in any spelling', async () => {
        const named = { ...NAME, name: 'MEVETOID', nullable: true, unique: true };
        const id = { ...NAME, name: 'ID', primary: true };
        const nullable = (isNullable: boolean) => ({
          prepare: () =>
            remake(
              `id varchar(100) PRIMARY KEY, mevetoId varchar(100) ${isNullable ? '' : 'NOT NULL'} UNIQUE`,
            ),
        });
        expect(await faultsOf(world.startUsers({ id, mevetoId: named }, nullable(false)))).toEqual([
          expect.stringMatching(/^store\.user: the column MEVETOID .* is NOT NULL/),
        ]);
        await world.dataSource.destroy();
        await world.startUsers({ id, mevetoId: named }, nullable(true));
        expect(world.warnings()).toEqual([]);
      });

    it('revokes no tokens of a user whose id differs by case', async () => {
      const exact = isMysql ? { collation: 'utf8mb4_bin', charset: 'utf8mb4' } : {};
      const opened = await withTokens({ ...NAME, ...exact, primary: true }, {});
      await world.rows().insert([
        { id: 'alice', mevetoId: 'm-1' },
        { id: 'Alice', mevetoId: 'm-2' },
      ]);
      const job = await claim(opened);
      const issuedAt = job.occurredAt - 5;
      await world.rows('Pass').insert([
        { id: 'p1', owner: 'alice', issuedAt },
        { id: 'p2', owner: 'Alice', issuedAt },
      ]);
      await opened.logoutStore.applyLogout(job, 'm-1');
      expect(await revoked()).toEqual(['p1']);
    });

    const shownAs = (show: (id: number) => string, read: (text: string) => number) =>
      ({
        type: 'int',
        primary: true,
        transformer: { to: orNull(read), from: orNull(show) },
      }) as const;

    it('revokes tokens that hold the stored id of a user', async () => {
      const id = shownAs(
        (kept) => `usr_${kept.toString(36)}`,
        (text) => Number.parseInt(text.slice(4), 36),
      );
      const opened = await withTokens(id, { owner: { type: 'int' } });
      await world.rows().insert({ id: 'usr_zz', mevetoId: 'm-1' });
      const job = await claim(opened);
      const issuedAt = job.occurredAt - 5;
      await world.rows('Pass').insert([
        { id: 'p1', owner: 1_295, issuedAt },
        { id: 'p2', owner: 0, issuedAt },
      ]);
      await opened.logoutStore.applyLogout(job, 'm-1');
      expect(await revoked()).toEqual(['p1']);
    });

    it('refuses tokens whose user id may be the shown or the stored one', async () => {
      const id = shownAs(
        (kept) => String(kept + 1_000),
        (text) => Number(text) - 1_000,
      );
      expect(await faultsOf(withTokens(id, { owner: { type: 'int' } }))).toEqual([
        expect.stringMatching(
          /^store\.accessTokens: 'owner' has no transformer, while the user's 'id' has one that changes ids/,
        ),
      ]);
    });

    it('revokes tokens that hold the shown id of a user', async () => {
      const id = shownAs(
        (kept) => `usr_${kept.toString(36)}`,
        (text) => Number.parseInt(text.slice(4), 36),
      );
      const opened = await withTokens(id, {});
      await world.rows().insert({ id: 'usr_zz', mevetoId: 'm-1' });
      const job = await claim(opened);
      await world.rows('Pass').insert({ id: 'p1', owner: 'usr_zz', issuedAt: job.occurredAt - 5 });
      await opened.logoutStore.applyLogout(job, 'm-1');
      expect(await revoked()).toEqual(['p1']);
    });

    if (isMysql)
      it('revokes tokens with a user id in another case where user ids ignore case', async () => {
        const loose = { collation: 'utf8mb4_general_ci', charset: 'utf8mb4' };
        const opened = await withTokens({ ...NAME, ...loose, primary: true }, {});
        await world.rows().insert({ id: 'alice', mevetoId: 'm-1' });
        const job = await claim(opened);
        await world.rows('Pass').insert({ id: 'p1', owner: 'ALICE', issuedAt: job.occurredAt - 5 });
        await opened.logoutStore.applyLogout(job, 'm-1');
        expect(await revoked()).toEqual(['p1']);
      });

    if (databaseKind === 'PostgreSQL') {
      it('trims ids of a domain over char(n)', async () => {
        const prepare = async () => {
          await world.dataSource.query('CREATE DOMAIN padded AS char(12)');
          await world.dataSource.query('CREATE DOMAIN uid AS padded');
          await remake('id uid PRIMARY KEY, "mevetoId" uid UNIQUE');
        };
        const opened = await world.startUsers({}, { prepare });
        await world.rows().insert({ id: 'ab-1', mevetoId: 'm-1' });
        const outcome = await opened.logoutStore.applyLogout(await claim(opened), 'm-1');
        expect(outcome).toMatchObject({ kind: 'applied', logout: { userId: 'ab-1' } });
      });

      it('revokes a token that was issued within the millisecond of the logout', async () => {
        const issuedAt = { type: 'timestamptz', createDate: true } as EntitySchemaColumnOptions;
        const opened = await withTokens({ ...NAME, primary: true }, { issuedAt });
        await world.rows().insert({ id: '1', mevetoId: 'm-1' });
        const job = await claim(opened);
        for (const [id, microseconds] of [
          ['p1', 300],
          ['p2', 1_000],
        ] as const)
          await world.dataSource.query(
            `INSERT INTO passes (id, owner, "issuedAt") VALUES
              ('${id}', '1', to_timestamp(${String(job.occurredAt)} / 1000.0) + interval '${String(microseconds)} microseconds')`,
          );
        await opened.logoutStore.applyLogout(job, 'm-1');
        expect(await revoked()).toEqual(['p1']);
      });
    }
  });
}
