import { describe, expect, it } from '@jest/globals';
import type { InstantColumnName, NamedTables } from '../../libs/meveto-logout/src/store/sql/named-tables.js';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { faultsOf } from './host-tables-world.js';
import { NamedTablesWorld, namesWith, type Types } from './named-tables-world.js';

const isServer = databaseKind !== 'SQLite';

/** Names of tables and columns, and columns, that are refused at start. */
export function namedFaultsContract(create: () => Promise<TestDatabase>): void {
  describe(`starting with tables by name on ${databaseKind} refuses`, () => {
    const world = new NamedTablesWorld(create);
    const startWith = async (types: Partial<Types>, names: NamedTables = namesWith()) => {
      await world.createTables({ instant: 'bigint', ...types });
      return world.start(names);
    };
    const both = (fault: string) => [
      expect.stringMatching(`^store\\.hostTables\\.users: ${fault}`),
      expect.stringMatching(`^store\\.hostTables\\.accessTokens: ${fault}`),
    ];

    it('tables that do not exist', async () => {
      expect(await faultsOf(world.start(namesWith()))).toEqual(both('the database has no table .*Check'));
    });

    it('columns that do not exist, and lists the others', async () => {
      const { users } = namesWith();
      const names = { users: { ...users, id: 'id', deletedAt: 'deleted', lastLoggedIn: 'logged' } };
      expect(await faultsOf(startWith({}, names))).toEqual(
        ['id', 'logged', 'deleted'].map((name) =>
          expect.stringMatching(
            `^store\\.hostTables\\.users: .Order. has no column '${name}'\\. It has: Key, group, loggedIn, loggedOut, deletedAt\\.$`,
          ),
        ),
      );
    });

    it('names that are missing, empty or paths, all at once', async () => {
      const { users, accessTokens } = namesWith();
      const names = {
        users: { ...users, table: 'app.users', id: '', lastLoggedIn: { column: 'a', kind: 'seconds' } },
        accessTokens: { ...accessTokens, userId: undefined },
      } as unknown as NamedTables;
      const expected = [
        "users\\.id: got '', expected a name without dots",
        "users\\.lastLoggedIn: got the kind 'seconds', expected 'epoch-milliseconds'",
        "users\\.table: got 'app\\.users', expected a name .* by \\{ schema, name \\}",
        'accessTokens\\.userId: got undefined, expected a name',
      ];
      expect(await faultsOf(startWith({}, names))).toEqual(
        expected.map((fault) => expect.stringMatching(`^store\\.hostTables\\.${fault}`)),
      );
    });

    it('an id that is not unique by itself', async () => {
      expect(
        await faultsOf(startWith({ more: ', PRIMARY KEY ("Key", "group"), UNIQUE ("group")' })),
      ).toContainEqual(
        expect.stringMatching(/^store\.hostTables\.users: 'id' alone does not identify a user .* on Key/),
      );
    });

    it('a Meveto ID that cannot be cleared', async () => {
      expect(await faultsOf(startWith({ mevetoId: 'varchar(100) NOT NULL' }))).toEqual([
        expect.stringMatching(
          /^store\.hostTables\.users: the column group of .Order. for 'mevetoId' is NOT NULL/,
        ),
      ]);
    });

    it('NOT NULL columns for the times of deletion and revocation', async () => {
      await world.createTables({ instant: 'bigint' });
      await world.query('CREATE TABLE marked (owner varchar(100), at bigint NOT NULL)');
      const { users, accessTokens } = namesWith();
      const names = {
        users: { ...users, deletedAt: 'Key' },
        accessTokens: { ...accessTokens, table: 'marked', issuedAt: 'at', revokedAt: 'at' },
      };
      expect(await faultsOf(world.start(names))).toEqual([
        expect.stringMatching(/users: the column Key .* 'deletedAt' is NOT NULL, .* not deleted\.$/),
        expect.stringMatching(/accessTokens: the column at .* 'revokedAt' is NOT NULL, .* not revoked\.$/),
      ]);
    });

    it('options without a table', async () => {
      const given = {} as unknown as NamedTables;
      expect(await faultsOf(world.start(given))).toEqual(
        ['id', 'mevetoId', 'lastLoggedIn', 'lastLoggedOut', 'table'].map((key) =>
          expect.stringMatching(`^store\\.hostTables\\.users\\.${key}: got undefined, expected a name`),
        ),
      );
    });

    it('ids of bytes', async () => {
      const id = { SQLite: 'blob', PostgreSQL: 'bytea', 'MariaDB/MySQL': 'binary(16)' }[databaseKind];
      expect(await faultsOf(startWith({ id }))).toEqual(
        both(
          "the column (Key|owner) for '(id|userId)' has the type \\w+, whose values have no distinct text",
        ),
      );
    });

    if (isServer)
      it.each([
        ['varchar(100)', 'bigint'],
        ['varchar(100)', 'uuid'],
        ['bigint', 'uuid'],
      ])('tokens of users with ids of the type %s in a column of the type %s', async (id, owner) => {
        expect(await faultsOf(startWith({ id, owner }))).toEqual([
          expect.stringMatching(
            /^store\.hostTables\.accessTokens: the column owner for 'userId' has the type \w+, which cannot hold all ids of users/,
          ),
        ]);
      });

    const named = (kind: string) => namesWith((column) => ({ column, kind }) as InstantColumnName);
    const instants = (fault: string) =>
      ['loggedIn', 'loggedOut', 'issued at', 'revoked'].map((column) =>
        expect.stringMatching(
          `^store\\.hostTables\\.\\w+: the column ${column} of .\\w+. for '\\w+' ${fault}`,
        ),
      );

    const UNCLEAR = {
      SQLite: ['datetime', 'text'],
      PostgreSQL: ['timestamp(3) without time zone', 'text', 'numeric'],
      'MariaDB/MySQL': ['datetime(3)', 'varchar(30)', 'double'],
    } as const;
    it.each(UNCLEAR[databaseKind])('instants of the type %s without a kind', async (type) => {
      expect(await faultsOf(startWith({ instant: type }))).toEqual(
        instants('has the type .*, which does not tell how it holds instants\\. Name the kind: { column'),
      );
    });

    const UNFIT = {
      SQLite: [
        ['bigint', 'iso-text'],
        ['text', 'epoch-milliseconds'],
        ['datetime', 'timestamp'],
      ],
      PostgreSQL: [
        ['timestamp', 'timestamp'],
        ['timestamptz', 'timestamp-in-utc'],
        ['text', 'epoch-milliseconds'],
      ],
      'MariaDB/MySQL': [
        ['datetime(3)', 'timestamp'],
        ['timestamp(3) NULL', 'timestamp-in-utc'],
        ['bigint', 'iso-text'],
      ],
    } as const;
    it.each<readonly [string, string]>(UNFIT[databaseKind])(
      'instants of the type %s as %s',
      async (type, kind) => {
        expect(await faultsOf(startWith({ instant: type }, named(kind)))).toEqual(
          instants(`has the type .*, which does not hold the kind '${kind}'\\. Change`),
        );
      },
    );

    const ROUGH: Record<typeof databaseKind, readonly (readonly [string, string])[]> = {
      SQLite: [],
      PostgreSQL: [
        ['timestamptz(0)', 'timestamp'],
        ['timestamp(2)', 'timestamp-in-utc'],
        ['numeric(8)', 'epoch-milliseconds'],
        ['varchar(20)', 'iso-text'],
      ],
      'MariaDB/MySQL': [
        ['timestamp NULL', 'timestamp'],
        ['datetime', 'timestamp-in-utc'],
        ['decimal(8)', 'epoch-milliseconds'],
        ['varchar(20)', 'iso-text'],
      ],
    };
    if (isServer)
      it.each(ROUGH[databaseKind])(
        'instants of the type %s, which is too short for %s',
        async (type, kind) => {
          expect(await faultsOf(startWith({ instant: type }, named(kind)))).toEqual(
            instants('does not give back an instant that is written to it, to the millisecond'),
          );
        },
      );

    if (isServer)
      it('instants of a type that holds none', async () => {
        expect(await faultsOf(startWith({ instant: 'int' }))).toEqual(
          instants('has the type .*, which holds no instants to the millisecond'),
        );
      });

    const sampled = async (type: string, kind: string, sample: string) => {
      await world.createTables({ instant: type });
      await world.query(`INSERT INTO "Order" ("Key", "loggedIn") VALUES ('a', ${sample})`);
      return faultsOf(world.start(named(kind)));
    };
    it.each(['1768480496', '1768480496789000'])(
      'the number %s in a column of milliseconds',
      async (value) => {
        expect(await sampled('bigint', 'epoch-milliseconds', value)).toEqual([
          expect.stringMatching(/the column loggedIn .* holds numbers that are not epoch milliseconds/),
        ]);
      },
    );

    it.each(['2026-01-15 12:34:56.789', '2026-01-15T12:34:56Z', '2026-01-15T12:34:56.789+02:00'])(
      'the text %s in a column of ISO texts',
      async (value) => {
        expect(await sampled('varchar(40)', 'iso-text', `'${value}'`)).toEqual([
          expect.stringMatching(/the column loggedIn .* holds other values than ISO texts in UTC/),
        ]);
      },
    );
  });
}
