import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LoginOutdatedError, type Store } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { Column, type DataSource, Entity, PrimaryColumn } from 'typeorm';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { inTimeZone } from '../support/time-zone.js';
import { incoming } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { connectHost, contextOf } from './typeorm-opened-store.js';

const DATES = {
  SQLite: ['datetime', 'datetime'],
  PostgreSQL: ['timestamptz', 'timestamp'],
  'MariaDB/MySQL': ['timestamp', 'datetime'],
} as const;
/** MySQL stores whole seconds without it. */
const PRECISION = databaseKind === 'MariaDB/MySQL' ? { precision: 3 } : {};
const MOMENT = { type: DATES[databaseKind][0], ...PRECISION, nullable: true } as const;
const PLAIN_MOMENT = { type: DATES[databaseKind][1], ...PRECISION, nullable: true } as const;

/** An entity with names that need quotes, text ids, and dates instead of numbers. */
@Entity('Order')
class Person {
  @PrimaryColumn({ type: 'varchar', name: 'Key' })
  key!: string;

  @Column({ type: 'bigint', name: 'mevetoNumber', nullable: true, unique: true })
  meveto!: string | null;

  @Column({ ...MOMENT, name: 'loggedIn' })
  loggedIn!: Date | null;

  @Column({ ...PLAIN_MOMENT, name: 'group' })
  loggedOut!: Date | null;
}

@Entity('Ticket')
class Ticket {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'varchar', name: 'personKey' })
  person!: string;

  @Column({ ...PLAIN_MOMENT, name: 'issuedAt' })
  issuedAt!: Date | null;
}

const options = {
  user: {
    entity: Person,
    id: 'key',
    mevetoId: 'meveto',
    lastLoggedIn: 'loggedIn',
    lastLoggedOut: 'loggedOut',
  },
  accessTokens: { entity: Ticket, userId: 'person', issuedAt: 'issuedAt' },
} as const;

/** An application with other names and types. */
export function mappingContract(create: () => Promise<TestDatabase>): void {
  describe(`the TypeORM store on ${databaseKind} with text ids, dates and quoted names`, () => {
    let database: TestDatabase;
    let dataSource: DataSource;
    let store: Store;
    beforeEach(async () => {
      database = await create();
      dataSource = await connectHost(database.connection, [Person, Ticket]);
      store = typeOrmStore(options).create(contextOf(dataSource));
      await store.connect();
      await dataSource.getRepository(Person).insert({ key: 'ab-1', meveto: '901234567890' });
    });
    afterEach(async () => {
      await store.close();
      await dataSource.destroy();
      await database.drop();
    });
    const person = () => dataSource.getRepository(Person).findOneByOrFail({ key: 'ab-1' });

    it('writes logouts and logins with milliseconds', async () => {
      await store.inbox.receive([incoming('a')]);
      const [job] = await store.inbox.claim(1, 1_000);
      if (job === undefined) throw new Error('nothing to claim');
      expect(await store.logoutStore.applyLogout(job, '901234567890')).toEqual({
        kind: 'applied',
        logout: { userId: 'ab-1', loggedOutAt: job.occurredAt },
      });
      expect((await person()).loggedOut?.getTime()).toBe(job.occurredAt);
      const signedInAt = await store.logoutStore.recordLogin('ab-1', undefined);
      expect((await person()).loggedIn?.getTime()).toBe(signedInAt);
    });

    it('reads logouts of the application with milliseconds', async () => {
      const loggedOutAt = (await store.logoutStore.now()) - 60_123;
      await dataSource.getRepository(Person).update('ab-1', { loggedOut: new Date(loggedOutAt) });
      await expect(store.logoutStore.recordLogin('ab-1', loggedOutAt)).rejects.toThrow(LoginOutdatedError);
      expect(await store.logoutStore.recordLogin('ab-1', loggedOutAt + 1)).toBe(loggedOutAt + 1);
    });

    it('deletes access tokens issued at or before the logout without a column for the revocation', async () => {
      await store.inbox.receive([incoming('a')]);
      const [job] = await store.inbox.claim(1, 1_000);
      if (job === undefined) throw new Error('nothing to claim');
      const tickets = dataSource.getRepository(Ticket);
      for (const offset of [-1, 0, 1]) {
        const issuedAt = new Date(job.occurredAt + offset);
        await tickets.insert({ id: String(offset), person: 'ab-1', issuedAt });
      }
      await store.logoutStore.applyLogout(job, '901234567890');
      expect((await tickets.find()).map(({ id }) => id)).toEqual(['1']);
    });

    it('deletes ambiguous access tokens of the repeated hour, and those without a time of issue', async () => {
      await store.inbox.receive([incoming('a')]);
      const [job] = await store.inbox.claim(1, 1_000);
      if (job === undefined) throw new Error('nothing to claim');
      const tickets = dataSource.getRepository(Ticket);
      // Clocks in Berlin go back from 03:00 to 02:00 at 01:00 UTC.
      const left = await inTimeZone('Europe/Berlin', async () => {
        for (const time of ['00:50', '01:05', '02:30'])
          await tickets.insert({ id: time, person: 'ab-1', issuedAt: new Date(`2025-10-26T${time}:00Z`) });
        await tickets.insert({ id: 'undated', person: 'ab-1', issuedAt: null });
        await tickets.insert({ id: 'another', person: 'ab-2', issuedAt: null });
        const occurredAt = Date.parse('2025-10-26T01:10:00Z');
        await store.logoutStore.applyLogout({ ...job, occurredAt }, '901234567890');
        return tickets.find({ order: { id: 'ASC' } });
      });
      expect(left.map(({ id }) => id)).toEqual(['02:30', 'another']);
    });

    it.each(['meveto-x', '9'.repeat(40), 'a\u0000b'])(
      'finds no user for a Meveto ID that the column cannot hold: %j',
      async (mevetoId) => {
        await store.inbox.receive([incoming('a')]);
        const [job] = await store.inbox.claim(1, 1_000);
        if (job === undefined) throw new Error('nothing to claim');
        expect(await store.logoutStore.applyLogout(job, mevetoId)).toEqual({ kind: 'unknown-user' });
      },
    );

    it('counts ids exactly: ids in another case or with trailing spaces belong to no user', async () => {
      expect(await store.logoutStore.countUsers(['AB-1', 'ab-1 ', 'áb-1', 'ab-2'])).toBe(0);
      expect(await store.logoutStore.countUsers(['AB-1', 'ab-1'])).toBe(1);
    });

    it('clears the Meveto ID of a user who stops using Meveto', async () => {
      await store.inbox.receive([incoming('a', 'unlink')]);
      const [job] = await store.inbox.claim(1, 1_000);
      if (job === undefined) throw new Error('nothing to claim');
      expect(await store.logoutStore.applyProtectionRemoved(job, '901234567890')).toEqual({
        kind: 'unlinked',
        userId: 'ab-1',
      });
      expect((await person()).meveto).toBeNull();
    });
  });
}
