import { describe, expect, it } from '@jest/globals';
import type { EntitySchemaColumnOptions } from 'typeorm';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { inTimeZone } from '../support/time-zone.js';
import {
  BIGINT,
  claim,
  faultsOf,
  HostTablesWorld,
  MOMENT,
  orNull,
  tokensWith,
  USER,
  usersWith,
} from './host-tables-world.js';

/** A time as in Luxon: created by a static function, and converted to a number by `valueOf`. */
class LibraryTime {
  private constructor(private readonly at: number) {}
  static from(at: Date | number): LibraryTime {
    return new LibraryTime(Number(at));
  }
  toJSDate(): Date {
    return new Date(this.at);
  }
  toMillis(): number {
    return this.at;
  }
  valueOf(): number {
    return this.at;
  }
}
/** An instant as in Temporal: `valueOf` does not give a number. */
class Instant {
  constructor(readonly epochMilliseconds: number) {}
  valueOf(): never {
    throw new TypeError('compare with Temporal.Instant.compare');
  }
}
const TEXT: EntitySchemaColumnOptions = { type: 'varchar', length: 40, nullable: true };

/** Forms in which entities show stored instants. */
const INSTANTS: Record<string, EntitySchemaColumnOptions> = {
  'a bigint as Date': {
    ...BIGINT,
    transformer: { to: orNull((at: Date) => at.getTime()), from: orNull((at) => new Date(Number(at))) },
  },
  'a bigint as Date, anything else dropped': {
    ...BIGINT,
    transformer: {
      to: (at: unknown) => (at instanceof Date ? at.getTime() : null),
      from: orNull((at) => new Date(Number(at))),
    },
  },
  'a bigint as bigint': {
    ...BIGINT,
    transformer: { to: orNull((at: bigint) => at.toString()), from: orNull((at: string) => BigInt(at)) },
  },
  'a bigint as a library’s class': {
    ...BIGINT,
    transformer: {
      to: orNull((at: LibraryTime) => at.toMillis()),
      from: orNull((at) => LibraryTime.from(Number(at))),
    },
  },
  'a date as a library’s class': {
    ...MOMENT,
    transformer: {
      to: orNull((at: LibraryTime) => at.toJSDate()),
      from: orNull((at: Date) => LibraryTime.from(at)),
    },
  },
  'a date as Temporal': {
    ...MOMENT,
    transformer: {
      to: orNull(({ epochMilliseconds }: Instant) => new Date(epochMilliseconds)),
      from: orNull((at: Date) => new Instant(at.getTime())),
    },
  },
  'a date as epoch milliseconds': {
    ...MOMENT,
    transformer: {
      to: orNull((at: number) => new Date(at.toFixed(0) === String(at) ? at : NaN)),
      from: orNull((at: Date) => at.getTime()),
    },
  },
  'a date as ISO 8601': {
    ...MOMENT,
    transformer: {
      to: orNull((at: string) => new Date(at.replace(' ', 'T'))),
      from: orNull((at: Date) => at.toISOString()),
    },
  },
  'a date as it is': MOMENT,
  'a text as Date': {
    ...TEXT,
    transformer: {
      to: orNull((at: Date) => at.toISOString()),
      from: orNull((at: string) => new Date(at)),
    },
  },
  'a text as a library’s class': {
    ...TEXT,
    transformer: {
      to: orNull((at: LibraryTime) => at.toJSDate().toISOString()),
      from: orNull((at: string) => LibraryTime.from(Date.parse(at))),
    },
  },
  'a text of digits as a library’s class': {
    ...TEXT,
    transformer: {
      to: orNull((at: LibraryTime) => at.toMillis().toString()),
      from: orNull((at: string) => LibraryTime.from(Number(at))),
    },
  },
  'a text of another form than ISO 8601 as it is given': {
    ...TEXT,
    transformer: {
      to: orNull((at: LibraryTime | string) =>
        typeof at === 'string' ? at : `at ${at.toJSDate().toISOString()}`,
      ),
      from: orNull((at: string) => LibraryTime.from(Date.parse(at.replace('at ', '')))),
    },
  },
};

/** Texts that do not sort in the order of their instants. */
const DISORDERED: Record<string, (at: Date) => string> = {
  'the day first': (at) => at.toISOString().replace(/^(\d+)-(\d+)-(\d+)T/, '$3.$2.$1 '),
  'the month first': (at) => at.toISOString().replace(/^(\d+)-(\d+)-(\d+)T/, '$2/$3/$1 '),
  'no fraction of zero': (at) => at.toISOString().replace('.000Z', 'Z'),
};
const READ: Record<string, (text: string) => Date> = {
  'the day first': (text) => new Date(text.replace(/^(\d+)\.(\d+)\.(\d+) /, '$3-$2-$1T')),
  'the month first': (text) => new Date(text.replace(/^(\d+)\/(\d+)\/(\d+) /, '$3-$1-$2T')),
  'no fraction of zero': (text) => new Date(text),
};

/** Forms of instants in entities: accepted ones, and ones that are refused at start. */
export function hostInstantsContract(create: () => Promise<TestDatabase>): void {
  describe(`instants of the application’s tables on ${databaseKind}`, () => {
    const world = new HostTablesWorld(create);

    it.each(Object.keys(INSTANTS))('reads and writes %s', async (what) => {
      const column = INSTANTS[what] ?? BIGINT;
      const user = usersWith({ lastLoggedIn: column, lastLoggedOut: column });
      const token = tokensWith({ issuedAt: column, revokedAt: column });
      const opened = await world.start([user, token], {
        user: { ...USER, entity: user },
        accessTokens: { entity: token, userId: 'owner', issuedAt: 'issuedAt', revokedAt: 'revokedAt' },
      });
      const accounts = world.rows();
      const passes = world.rows('Pass');
      await accounts.insert({ id: '1', mevetoId: 'm-1' });
      const job = await claim(opened);
      await opened.logoutStore.recordLogin('1', undefined);
      const shown = (await accounts.findOneByOrFail({ id: '1' }))['lastLoggedIn'] as unknown;
      expect(await opened.logoutStore.applyLogout(job, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: job.occurredAt },
      });
      const { lastLoggedOut, lastLoggedIn } = await accounts.findOneByOrFail({ id: '1' });
      expect(Object.getPrototypeOf(lastLoggedOut)).toBe(Object.getPrototypeOf(shown));
      expect(lastLoggedIn).toEqual(shown);
      // Issued at the time that the login shows, before a later logout.
      await passes.insert({ id: 'p-1', owner: '1', issuedAt: shown });
      const second = await claim(opened, 'b');
      const { logoutStore } = opened;
      await logoutStore.applyLogout({ ...second, occurredAt: (await logoutStore.now()) + 1 }, 'm-1');
      expect((await passes.findOneByOrFail({ id: 'p-1' }))['revokedAt']).not.toBeNull();
    });

    it.each(['America/Los_Angeles', 'Asia/Tokyo'])(
      'revokes tokens dated by texts of a library class in %s',
      (zone) =>
        inTimeZone(zone, async () => {
          const user = usersWith({});
          const issuedAt = INSTANTS['a text as a library’s class'] ?? TEXT;
          const token = tokensWith({ issuedAt, revokedAt: BIGINT });
          const opened = await world.start([user, token], {
            user: { ...USER, entity: user },
            accessTokens: { entity: token, userId: 'owner', issuedAt: 'issuedAt', revokedAt: 'revokedAt' },
          });
          await world.rows().insert({ id: '1', mevetoId: 'm-1' });
          const job = await claim(opened);
          const passes = world.rows('Pass');
          await passes.insert(
            [-5, -1, 1, 5].map((hours) => ({
              id: String(hours),
              owner: '1',
              issuedAt: LibraryTime.from(job.occurredAt + hours * 3_600_000),
            })),
          );
          await opened.logoutStore.applyLogout(job, 'm-1');
          const revoked = (await passes.find()).filter((row) => row['revokedAt'] !== null);
          expect(revoked.map((row) => String(row['id'])).sort()).toEqual(['-1', '-5']);
        }),
    );

    it.each(Object.keys(DISORDERED))('refuses texts with %s', async (form) => {
      const [to, from] = [DISORDERED[form], READ[form]];
      if (to === undefined || from === undefined) throw new Error(form);
      const column = { ...TEXT, transformer: { to: orNull(to), from: orNull(from) } };
      expect(await faultsOf(world.startUsers({ lastLoggedOut: column }))).toEqual([
        expect.stringMatching(/'lastLoggedOut' .* or the column does not keep the order of instants\. /),
      ]);
    });

    it('treats a value on which the transformer throws as no time', async () => {
      const from = orNull((at: string) => {
        if (Number(at) === 0) throw new RangeError('no time');
        return new Date(Number(at));
      });
      const column = { ...BIGINT, transformer: { to: orNull((at: Date) => at.getTime()), from } };
      const opened = await world.startUsers({ lastLoggedOut: column });
      await world.rows().insert({ id: '1', mevetoId: 'm-1', lastLoggedOut: new Date(0) });
      const job = await claim(opened);
      expect(await opened.logoutStore.applyLogout(job, 'm-1')).toMatchObject({ kind: 'applied' });
      const { lastLoggedOut } = await world.rows().findOneByOrFail({ id: '1' });
      expect(lastLoggedOut).toEqual(new Date(job.occurredAt));
    });

    if (databaseKind === 'PostgreSQL')
      it('refuses a column that does not return the written instant', async () => {
        const type = 'timestamptz';
        const started = world.startUsers(
          { lastLoggedOut: { type, precision: 3, nullable: true } },
          {
            prepare: () =>
              world.dataSource.query('ALTER TABLE accounts ALTER "lastLoggedOut" TYPE timestamptz(0)'),
          },
        );
        expect(await faultsOf(started)).toEqual([
          expect.stringMatching(
            /^store\.user: the column for 'lastLoggedOut' does not give back an instant that is written to it/,
          ),
        ]);
      });

    it.each([
      ['in seconds', { ...BIGINT, transformer: secondsOf((at) => new Date(at)) }],
      ['in seconds, of a library', { ...BIGINT, transformer: secondsOf((at) => LibraryTime.from(at)) }],
      [
        'of one way only',
        { ...BIGINT, transformer: { to: (at: Date) => at.getTime(), from: () => ({ at: 'noon' }) } },
      ],
    ] as const)('refuses a transformer %s', async (_what, column) => {
      expect(await faultsOf(world.startUsers({ lastLoggedOut: column }))).toEqual([
        expect.stringMatching(
          /^store\.user: the transformer of 'lastLoggedOut' does not give back an instant/,
        ),
      ]);
    });
  });
}

/** A transformer that stores whole seconds, and shows them through `show`, which takes milliseconds. */
function secondsOf(show: (at: number) => unknown) {
  return {
    to: orNull((at: unknown) => Math.floor(Number(at) / 1_000)),
    from: orNull((at: unknown) => show(Number(at) * 1_000)),
  };
}
