import { describe, expect, it } from '@jest/globals';
import { LoginOutdatedError } from 'nestjs-meveto-logout';
import type { InstantKind } from '../../libs/meveto-logout/src/store/sql/instant-forms.js';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { inTimeZone } from '../support/time-zone.js';
import { claim, isMysql } from './host-tables-world.js';
import { NamedTablesWorld, namesWith } from './named-tables-world.js';

/** One way in which an application holds instants. */
interface Form {
  readonly type: string;
  readonly kind: InstantKind | undefined;
  /** SQL of an instant as the application writes it, in UTC. */
  readonly write: (at: number) => string;
  /** SQL that reads an instant as epoch milliseconds. */
  readonly read: (column: string) => string;
}

const quotedIso = (at: number): string => `'${new Date(at).toISOString()}'`;
const withoutZone = (at: number): string => quotedIso(at).replace('T', ' ').replace('Z', '');
const asIs = (column: string): string => column;
const epoch: Form = { type: 'bigint', kind: undefined, write: String, read: asIs };
const isoText: Form = {
  type: isMysql ? 'varchar(30)' : 'text',
  kind: 'iso-text',
  write: quotedIso,
  read: asIs,
};
const readPostgres = (column: string): string => `round(extract(epoch from ${column}) * 1000)`;

const FORMS: Record<typeof databaseKind, readonly Form[]> = {
  SQLite: [
    epoch,
    isoText,
    { ...isoText, type: 'datetime' },
    { ...epoch, type: 'datetime', kind: 'epoch-milliseconds' },
  ],
  PostgreSQL: [
    epoch,
    { ...epoch, type: 'numeric(16,3)', kind: 'epoch-milliseconds' },
    { ...epoch, type: 'double precision', kind: 'epoch-milliseconds' },
    { type: 'timestamptz', kind: undefined, write: quotedIso, read: readPostgres },
    { type: 'timestamp(3)', kind: 'timestamp-in-utc', write: withoutZone, read: readPostgres },
    isoText,
    { ...isoText, type: 'char(24)' },
  ],
  'MariaDB/MySQL': [
    epoch,
    { ...epoch, type: 'decimal(16,3)', kind: 'epoch-milliseconds' },
    { ...epoch, type: 'double', kind: 'epoch-milliseconds' },
    {
      type: 'timestamp(3) NULL',
      kind: undefined,
      write: (at) => `from_unixtime(${String(at)} / 1000)`,
      read: (column) => `unix_timestamp(${column}) * 1000`,
    },
    {
      type: 'datetime(6)',
      kind: 'timestamp-in-utc',
      write: withoutZone,
      read: (column) => `timestampdiff(microsecond, '1970-01-01', ${column}) / 1000`,
    },
    isoText,
  ],
};

/** Sessions and drivers that convert dates in other ways than usual. */
const SURROUNDINGS: Record<typeof databaseKind, readonly (readonly [string, object])[]> = {
  SQLite: [],
  PostgreSQL: [['a session in another time zone', { extra: { options: '-c TimeZone=America/New_York' } }]],
  'MariaDB/MySQL': [
    [
      'dates and large numbers as texts',
      { dateStrings: true, supportBigNumbers: true, bigNumberStrings: true },
    ],
    ['dates in another time zone', { timezone: '+09:00' }],
  ],
};

/** The application's tables by their names in the database, without TypeORM's metadata. */
export function namedTablesContract(create: () => Promise<TestDatabase>): void {
  describe(`tables by name on ${databaseKind}`, () => {
    const world = new NamedTablesWorld(create);
    const start = ({ kind }: Form) =>
      world.start(namesWith((column) => (kind === undefined ? column : { column, kind })));
    /** Adds a user and reads instants of the first user. */
    const addUser = (id: string, mevetoId: string) =>
      world.query(`INSERT INTO "Order" ("Key", "group") VALUES ('${id}', '${mevetoId}')`);
    const instantOf = async ({ read, write }: Form, column: string) => {
      const [row] = await world.query<{ at: unknown }>(`SELECT ${read(`"${column}"`)} AS at FROM "Order"`);
      const at = row?.at;
      return write === quotedIso && read === asIs ? Date.parse(String(at)) : Number(at);
    };
    const liveTokens = async () =>
      (await world.query<{ id: string }>('SELECT id FROM passes WHERE revoked IS NULL ORDER BY id')).map(
        ({ id }) => id,
      );

    const wholeLife = async (form: Form) => {
      const opened = await start(form);
      expect(world.warnings).toEqual([]);
      await addUser('ab-1', 'm-1');
      const signedInAt = await opened.logoutStore.recordLogin('ab-1', undefined);
      expect(await instantOf(form, 'loggedIn')).toBe(signedInAt);
      const job = await claim(opened);
      const tokens: readonly (readonly [string, string])[] = [
        ['a', form.write(job.occurredAt - 1)],
        ['b', form.write(job.occurredAt)],
        ['c', form.write(job.occurredAt + 1)],
        ['d', 'NULL'],
      ];
      for (const [id, issuedAt] of tokens)
        await world.query(
          `INSERT INTO passes (id, owner, "issued at") VALUES ('${id}', 'ab-1', ${issuedAt})`,
        );
      await world.query(`INSERT INTO passes (id, owner) VALUES ('e', 'ab-2')`);
      const outcome = await opened.logoutStore.applyLogout(job, 'm-1');
      expect(outcome).toMatchObject({
        kind: 'applied',
        logout: { userId: 'ab-1', loggedOutAt: job.occurredAt },
      });
      expect(await instantOf(form, 'loggedOut')).toBe(job.occurredAt);
      expect(await liveTokens()).toEqual(['c', 'e']);
    };

    describe.each(FORMS[databaseKind].map((form) => [form.type, form] as const))(
      'with instants of the type %s',
      (type, form) => {
        it('writes logins and logouts, and revokes tokens, in any time zone of the process', async () => {
          await world.createTables({ instant: type });
          await inTimeZone('America/New_York', () => wholeLife(form));
        });

        if (SURROUNDINGS[databaseKind].length > 0)
          it.each(SURROUNDINGS[databaseKind])('does not depend on the driver: %s', async (_what, options) => {
            await world.createTables({ instant: type });
            await world.reconnect(options);
            await wholeLife(form);
          });

        it('reads the last logout that the application has written', async () => {
          await world.createTables({ instant: type });
          const { logoutStore } = await start(form);
          await addUser('ab-1', 'm-1');
          const at = (await logoutStore.now()) - 5_000;
          await world.query(`UPDATE "Order" SET "loggedOut" = ${form.write(at)}`);
          await expect(logoutStore.recordLogin('ab-1', at)).rejects.toThrow(LoginOutdatedError);
          expect(await logoutStore.recordLogin('ab-1', at + 1)).toBe(at + 1);
        });
      },
    );

    it('clears the Meveto ID when a user stops using Meveto', async () => {
      await world.createTables({ instant: 'bigint' });
      const opened = await start(epoch);
      await addUser('ab-1', 'm-1');
      const outcome = await opened.logoutStore.applyProtectionRemoved(await claim(opened), 'm-1');
      expect(outcome).toEqual({ kind: 'unlinked', userId: 'ab-1' });
      expect(await world.query('SELECT "group" FROM "Order"')).toEqual([{ group: null }]);
    });

    it('logs out the users that are not deleted', async () => {
      await world.createTables({ instant: 'bigint', more: ', PRIMARY KEY ("Key")' });
      const opened = await start(epoch);
      for (const id of ['a', 'b', 'c']) await addUser(id, 'm-1');
      await world.query(`UPDATE "Order" SET "deletedAt" = 1 WHERE "Key" = 'b'`);
      expect(await opened.logoutStore.applyLogout(await claim(opened), 'm-1')).toMatchObject({
        logout: { userId: 'a' },
        others: [{ userId: 'c' }],
      });
    });

    it('deletes tokens if there is no column for their revocation', async () => {
      await world.createTables({ instant: 'bigint' });
      const { users, accessTokens } = namesWith();
      const { table, userId, issuedAt } = accessTokens;
      const opened = await world.start({ users, accessTokens: { table, userId, issuedAt } });
      await addUser('ab-1', 'm-1');
      await world.query(`INSERT INTO passes (id, owner) VALUES ('a', 'ab-1'), ('b', 'ab-2')`);
      await opened.logoutStore.applyLogout(await claim(opened), 'm-1');
      expect(await world.query('SELECT id FROM passes')).toEqual([{ id: 'b' }]);
    });

    it('revokes tokens whose time of issue has another form', async () => {
      await world.createTables({ instant: isoText.type });
      const opened = await start(isoText);
      await addUser('ab-1', 'm-1');
      await world.query(
        `INSERT INTO passes (id, owner, "issued at") VALUES ('a', 'ab-1', '2999-01-01T00:00:00Z'),
          ('b', 'ab-1', '2999-01-01T00:00:00.000Z')`,
      );
      await opened.logoutStore.applyLogout(await claim(opened), 'm-1');
      expect(await liveTokens()).toEqual(['b']);
    });
  });
}
