import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Store, typeOrmStore } from 'nestjs-meveto-logout';
import { Column, type DataSource, Entity, PrimaryColumn } from 'typeorm';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { incoming } from './opened-store.js';
import { connectHost, contextOf } from './typeorm-opened-store.js';

const DATES = {
  SQLite: ['datetime', 'datetime'],
  PostgreSQL: ['timestamptz', 'timestamp'],
  'MariaDB/MySQL': ['timestamp', 'datetime'],
} as const;
/** Without it MySQL keeps whole seconds. */
const PRECISION = databaseKind === 'MariaDB/MySQL' ? { precision: 3 } : {};
const MOMENT = { type: DATES[databaseKind][0], ...PRECISION, nullable: true } as const;
const PLAIN_MOMENT = { type: DATES[databaseKind][1], ...PRECISION, nullable: true } as const;

/** Names that need quotes, ids that are text, dates instead of numbers. */
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
  issuedAt!: Date;
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

/** An application whose tables look different. */
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

    it('writes logouts and logins to the millisecond', async () => {
      await store.inbox.receive([incoming('a')]);
      const [call] = await store.inbox.claim(1, 1_000);
      if (call === undefined) throw new Error('nothing to claim');
      expect(await store.register.applyLogout(call, '901234567890')).toEqual({
        kind: 'applied',
        logout: { userId: 'ab-1', loggedOutAt: call.occurredAt },
      });
      expect((await person()).loggedOut?.getTime()).toBe(call.occurredAt);
      const signedInAt = await store.register.recordLogin('ab-1', undefined);
      expect((await person()).loggedIn?.getTime()).toBe(signedInAt);
    });

    it('reads logouts that the application wrote to the millisecond', async () => {
      const later = (await store.register.now()) + 60_123;
      await dataSource.getRepository(Person).update('ab-1', { loggedOut: new Date(later) });
      expect(await store.register.recordLogin('ab-1', undefined)).toBe(later + 1);
    });

    it('deletes access tokens issued at or before the logout, when none can be marked as revoked', async () => {
      await store.inbox.receive([incoming('a')]);
      const [call] = await store.inbox.claim(1, 1_000);
      if (call === undefined) throw new Error('nothing to claim');
      const tickets = dataSource.getRepository(Ticket);
      for (const offset of [-1, 0, 1]) {
        const issuedAt = new Date(call.occurredAt + offset);
        await tickets.insert({ id: String(offset), person: 'ab-1', issuedAt });
      }
      await store.register.applyLogout(call, '901234567890');
      expect((await tickets.find()).map(({ id }) => id)).toEqual(['1']);
    });

    it.each(['meveto-x', '9'.repeat(40), 'a\u0000b'])(
      'knows no user for a Meveto ID that its column cannot hold: %j',
      async (mevetoId) => {
        await store.inbox.receive([incoming('a')]);
        const [call] = await store.inbox.claim(1, 1_000);
        if (call === undefined) throw new Error('nothing to claim');
        expect(await store.register.applyLogout(call, mevetoId)).toEqual({ kind: 'unknown-user' });
      },
    );

    it('clears the Meveto ID of somebody who stops using Meveto', async () => {
      await store.inbox.receive([incoming('a', 'Meveto_Protection_Removed')]);
      const [call] = await store.inbox.claim(1, 1_000);
      if (call === undefined) throw new Error('nothing to claim');
      expect(await store.register.applyProtectionRemoved(call, '901234567890')).toEqual({
        kind: 'unlinked',
        userId: 'ab-1',
      });
      expect((await person()).meveto).toBeNull();
    });
  });
}
