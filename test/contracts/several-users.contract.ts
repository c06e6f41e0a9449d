import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Store } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { Column, type DataSource, DeleteDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import { MAX_USERS } from '../../libs/meveto-logout/src/store/job.js';
import type { Logout } from '../../libs/meveto-logout/src/store/logout.js';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { AccessToken } from '../support/hosts/host-app.js';
import { afterFirstTransaction } from './late-link.contract.js';
import { incoming, removal } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { connectHost, contextOf, mapping } from './typeorm-opened-store.js';

/** A user entity with soft deletion and no unique index. */
@Entity('members')
class Member {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Index()
  @Column({ type: 'varchar', length: 191, name: 'meveto_id', nullable: true })
  mevetoId!: string | null;

  @Column({ type: 'bigint', name: 'last_logged_in', nullable: true })
  lastLoggedIn!: string | null;

  @Column({ type: 'bigint', name: 'last_logged_out', nullable: true })
  lastLoggedOut!: string | null;

  @DeleteDateColumn({ name: 'deleted_at' })
  deletedAt!: Date | null;
}

const options = { ...mapping, user: { ...mapping.user, entity: Member } };

/** A Meveto ID in several rows. */
export function severalUsersContract(create: () => Promise<TestDatabase>): void {
  describe(`on ${databaseKind}, a Meveto ID of several users`, () => {
    let database: TestDatabase;
    let dataSource: DataSource;
    let store: Store;
    beforeEach(async () => {
      database = await create();
      dataSource = await connectHost(database.connection, [Member, AccessToken]);
      store = typeOrmStore(options).create(contextOf(dataSource));
      await store.connect();
    });
    afterEach(async () => {
      await store.close();
      await dataSource.destroy();
      await database.drop();
    });

    const members = () => dataSource.getRepository(Member);
    const add = async (id: number, { isDeleted = false, mevetoId = 'm-1' } = {}): Promise<void> => {
      await members().insert({ id, mevetoId });
      if (isDeleted) await members().softDelete(id);
    };
    const claim = async (job = incoming('a')) => {
      await store.inbox.receive([job]);
      const [claimed] = await store.inbox.claim(1, 10_000);
      if (claimed === undefined) throw new Error('nothing to claim');
      return claimed;
    };
    const loggedOut = async () =>
      (await members().find({ withDeleted: true, order: { id: 'ASC' } }))
        .filter(({ lastLoggedOut }) => lastLoggedOut !== null)
        .map(({ id }) => id);
    const rowOf = async () => {
      const rows = await dataSource.query<Record<string, unknown>[]>('SELECT * FROM meveto_logout_jobs');
      return rows[0];
    };

    it.each([1, 3])('logs out the user that is not deleted; the deleted user is %i', async (deleted) => {
      await add(deleted, { isDeleted: true });
      await add(2);
      const job = await claim();
      expect(await store.logoutStore.applyLogout(job, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '2', loggedOutAt: job.occurredAt },
      });
      expect(await loggedOut()).toEqual([2]);
    });

    it('logs out deleted users if there are no others, because their sessions may still be used', async () => {
      await add(1, { isDeleted: true });
      await add(2, { isDeleted: true });
      const job = await claim();
      expect(await store.logoutStore.applyLogout(job, 'm-1')).toMatchObject({
        kind: 'applied',
        logout: { userId: '1' },
        others: [{ userId: '2' }],
      });
      expect(await loggedOut()).toEqual([1, 2]);
    });

    it('logs out all users in one transaction with their tokens, and calls back before the commit', async () => {
      for (const id of [3, 1, 2]) await add(id);
      await add(4, { mevetoId: 'm-2' });
      const job = await claim();
      for (const userId of [1, 2, 3, 4])
        await dataSource
          .getRepository(AccessToken)
          .insert({ id: `token-${String(userId)}`, userId, signedInAt: job.occurredAt - 1 });
      const announced: Logout[] = [];
      const outcome = await store.logoutStore.applyLogout(job, 'm-1', (logout) => announced.push(logout));

      const [first, ...others] = [1, 2, 3].map((id) => ({
        userId: String(id),
        loggedOutAt: job.occurredAt,
      }));
      expect(outcome).toEqual({ kind: 'applied', logout: first, others });
      expect(announced).toEqual([first, ...others]);
      expect(await loggedOut()).toEqual([1, 2, 3]);
      expect(await rowOf()).toMatchObject({ state: 'applied', user_id: '1', sealed: null });
      const { logouts } = await store.logoutStore.committedSince(0);
      expect(logouts.map(({ userId }) => userId).sort()).toEqual(['1', '2', '3']);
      const tokens = await dataSource.getRepository(AccessToken).find();
      expect(tokens.filter(({ revokedAt }) => revokedAt === null).map(({ userId }) => userId)).toEqual([4]);
    });

    it('logs out no user when one of the logouts fails', async () => {
      for (const id of [1, 2]) await add(id);
      const job = await claim();
      const refused = Promise.resolve().then(() =>
        store.logoutStore.applyLogout(job, 'm-1', ({ userId }) => {
          if (userId === '2') throw new Error('not now');
        }),
      );
      await expect(refused).rejects.toThrow();
      expect(await loggedOut()).toEqual([]);
      expect(await rowOf()).toMatchObject({ state: 'pending' });
    });

    it.each(['live', 'deleted'])('accepts 100 %s users at most', async (kind) => {
      const isDeleted = kind === 'deleted';
      const deletedAt = isDeleted ? new Date() : null;
      const ids = Array.from({ length: MAX_USERS }, (_, index) => index + 1);
      await members().insert(ids.map((id) => ({ id, mevetoId: 'm-1', deletedAt })));
      const job = await claim();
      const outcome = await store.logoutStore.applyLogout(job, 'm-1');
      expect(outcome).toMatchObject({ kind: 'applied', logout: { userId: '1' } });
      expect(await loggedOut()).toHaveLength(MAX_USERS);

      await members().insert({ id: MAX_USERS + 1, mevetoId: 'm-1', deletedAt });
      await members().update({ mevetoId: 'm-1' }, { lastLoggedOut: null });
      for (const late of [await claim(incoming('b')), await claim(removal('c'))]) {
        const apply = late.kind === 'logout' ? 'applyLogout' : 'applyProtectionRemoved';
        expect(await store.logoutStore[apply](late, 'm-1')).toEqual({ kind: 'ambiguous' });
      }
      expect(await loggedOut()).toEqual([]);
      expect((await store.inbox.summary()).jobs).toMatchObject({ applied: 1, ambiguous: 2, pending: 0 });
      const { jobs } = await store.inbox.list({ state: 'ambiguous', limit: 5 });
      expect(jobs.map(({ reason }) => reason)).toEqual(['too-many-users', 'too-many-users']);
      expect(await members().countBy({ mevetoId: 'm-1' })).toBe(isDeleted ? 0 : MAX_USERS + 1);
    });

    it('clears the Meveto ID of all users', async () => {
      for (const id of [2, 1]) await add(id);
      await add(3, { mevetoId: 'm-2' });
      expect(await store.logoutStore.applyProtectionRemoved(await claim(removal('a')), 'm-1')).toEqual({
        kind: 'unlinked',
        userId: '1',
        others: ['2'],
      });
      expect((await members().find({ order: { id: 'ASC' } })).map(({ mevetoId }) => mevetoId)).toEqual([
        null,
        null,
        'm-2',
      ]);
      expect(await rowOf()).toMatchObject({ state: 'applied', user_id: '1' });
    });

    it('logs out all users whose link was removed since', async () => {
      for (const id of [1, 2, 3]) await add(id);
      const logout = await claim(incoming('logout'));
      await store.logoutStore.applyProtectionRemoved(await claim(removal('gone')), 'm-1');
      await members().delete(2);
      const outcome = await store.logoutStore.applyLogout(
        { ...logout, occurredAt: logout.occurredAt - 1 },
        'm-1',
      );
      expect(outcome).toMatchObject({ kind: 'applied', logout: { userId: '1' }, others: [{ userId: '3' }] });
      expect(await loggedOut()).toEqual([1, 3]);
    });

    it.each(['applyLogout', 'applyProtectionRemoved'] as const)(
      'returns the same outcome for all users when repeated after a lost answer: %s',
      async (apply) => {
        for (const id of [1, 2]) await add(id);
        const job = await claim(apply === 'applyLogout' ? incoming('a') : removal('a'));
        const announced: Logout[] = [];
        const outcome = await store.logoutStore[apply](job, 'm-1');
        expect(outcome).toMatchObject({ others: [expect.anything()] });
        expect(await store.logoutStore[apply](job, 'm-1', (logout) => announced.push(logout))).toEqual(
          outcome,
        );
        expect(announced.map(({ userId }) => userId)).toEqual(apply === 'applyLogout' ? ['1', '2'] : []);
      },
    );

    it.each(['deleted', 'live'])(
      'logs out a user that is linked while a %s user is logged out',
      async (kind) => {
        await add(1, { isDeleted: kind === 'deleted' });
        await members().insert({ id: 2, mevetoId: null });
        const job = await claim();
        afterFirstTransaction(store.logoutStore, () => members().update(2, { mevetoId: 'm-1' }));
        const announced: Logout[] = [];
        const outcome = await store.logoutStore.applyLogout(job, 'm-1', (logout) => announced.push(logout));
        const [first, ...others] = ['1', '2'].map((userId) => ({ userId, loggedOutAt: job.occurredAt }));
        expect(outcome).toEqual({ kind: 'applied', logout: first, others });
        expect(announced).toEqual([first, ...others]);
        expect(await loggedOut()).toEqual([1, 2]);
        expect(await rowOf()).toMatchObject({ state: 'applied', user_id: '1', other_user_ids: '["2"]' });
        expect(await store.logoutStore.applyLogout(job, 'm-1')).toEqual(outcome);
      },
    );

    it('finds users by id, deleted or not', async () => {
      await add(1, { isDeleted: true });
      const { logoutStore, inbox } = store;
      expect(await logoutStore.recordLogin('1', undefined)).toBeGreaterThan(0);
      const job = await claim();
      await inbox.finish(job, { state: 'ambiguous', reason: 'test' });
      expect(await logoutStore.resolve(job.id, '1')).toMatchObject({ kind: 'applied' });
      expect(await loggedOut()).toEqual([1]);
    });

    it('logs out a deleted user for the application, and no other user with the same Meveto ID', async () => {
      await add(1, { isDeleted: true });
      await add(2);
      expect(await store.logoutStore.logOut('1', 'ban')).toMatchObject([{ userId: '1', reason: 'ban' }]);
      expect(await loggedOut()).toEqual([1]);
    });
  });
}
