import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LoginOutdatedError, UnknownUserError } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import type { JobKind } from '../../libs/meveto-logout/src/store/job.js';
import { AccessToken, User } from '../support/hosts/host-app.js';
import {
  claimOne,
  DAY_MS,
  endAmbiguous,
  HOUR_MS,
  incoming,
  listed,
  logOut,
  nextMillisecond,
  receiveAndClaim,
  removal,
  summaryOf,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { contextOf, mapping, type OpenedTypeOrmStore } from './typeorm-opened-store.js';
import { letTimePass } from '../support/until.js';

/** The contents of the tables of the module and of the application. */
export function rowsContract(name: string, openStore: () => Promise<OpenedTypeOrmStore>): void {
  describe(`the rows of ${name}`, () => {
    let opened: OpenedTypeOrmStore;
    beforeAll(async () => {
      opened = await openStore();
    });
    beforeEach(async () => {
      await opened.clear();
      await opened.addUser(1, 'm-1');
    });
    afterAll(() => opened.close());
    const user = () => opened.dataSource.getRepository(User).findOneByOrFail({ id: 1 });

    it('hold the sealed token of a job until it is finished', async () => {
      const job = await receiveAndClaim(opened, incoming('a'));
      expect(await opened.rowOf('a')).toMatchObject({ state: 'pending', sealed: 'sealed-a' });
      await opened.store.inbox.release(job, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      expect(await opened.rowOf('a')).toMatchObject({ sealed: 'sealed-a', reason: 'timeout' });
    });

    it.each(['rejected', 'ambiguous', 'expired'] as const)(
      'hold no token of a job that is %s',
      async (state) => {
        const job = await receiveAndClaim(opened, incoming('a'));
        await opened.store.inbox.finish(job, { state, reason: 'why' });
        expect(await opened.rowOf('a')).toMatchObject({ state, sealed: null, reason: 'why' });
      },
    );

    it('hold no token of an applied job, but a digest of its Meveto ID', async () => {
      await logOut(opened, 'a', 'm-1');
      expect(await opened.rowOf('a')).toMatchObject({
        state: 'applied',
        sealed: null,
        reason: null,
        subject_digest: 'subject-3-1',
        user_id: '1',
      });
      expect(JSON.stringify(await opened.rowOf('a'))).not.toContain('m-1');
    });

    it('hold no token of a job without a user, of a removal, and of an expired job', async () => {
      const { inbox, logoutStore } = opened.store;
      await logoutStore.applyLogout(await receiveAndClaim(opened, incoming('a')), 'm-9');
      await logoutStore.applyProtectionRemoved(await receiveAndClaim(opened, removal('b')), 'm-1');
      await inbox.receive([incoming('c'), incoming('d', 'lockout' as JobKind)]);
      await opened.passTime(DAY_MS);
      await inbox.expire(DAY_MS, 10);
      expect(await opened.rowOf('d')).toMatchObject({
        state: 'expired',
        sealed: null,
        reason: 'unknown-kind',
      });
      expect(await opened.rowOf('a')).toMatchObject({ state: 'unknown_user', sealed: null, user_id: null });
      expect(await opened.rowOf('b')).toMatchObject({ state: 'applied', sealed: null, user_id: '1' });
      expect(await opened.rowOf('c')).toMatchObject({
        state: 'expired',
        sealed: null,
        reason: 'time-to-live',
      });
    });

    it('hold the new token of a job that was opened again', async () => {
      await endAmbiguous(opened, 'a');
      await opened.store.inbox.receiveListed([listed('1', 'a')]);
      expect(await opened.rowOf('a')).toMatchObject({
        state: 'pending',
        sealed: 'sealed-a',
        source_id: '1',
        finished_at: null,
        reason: null,
      });
    });

    it('keep the time of the first revocation of an access token', async () => {
      await opened.addToken('a', 1, 1_000);
      await logOut(opened, 'a', 'm-1');
      const tokens = opened.dataSource.getRepository(AccessToken);
      await opened.passTime(HOUR_MS);
      const before = await tokens.find();
      await logOut(opened, 'b', 'm-1');
      expect(await tokens.find()).toEqual(before);
    });

    it('hold the logout of the user', async () => {
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      expect((await user()).lastLoggedOut).toBe(loggedOutAt);
    });

    it('keep a later logout that the application wrote', async () => {
      const job = await receiveAndClaim(opened, incoming('a'));
      const later = (await opened.store.logoutStore.now()) + 1;
      await nextMillisecond(opened);
      await opened.dataSource.getRepository(User).update(1, { lastLoggedOut: later });
      await opened.store.logoutStore.applyLogout(job, 'm-1');
      expect((await user()).lastLoggedOut).toBe(later);
      await expect(opened.store.logoutStore.recordLogin('1', later)).rejects.toThrow(LoginOutdatedError);
      expect(await opened.store.logoutStore.recordLogin('1', undefined)).toBeGreaterThan(later);
    });

    it('keep a logout that the application has cleared, so that a login before it is refused', async () => {
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      await opened.dataSource.getRepository(User).update(1, { lastLoggedOut: null });
      await expect(opened.store.logoutStore.recordLogin('1', loggedOutAt)).rejects.toThrow(
        LoginOutdatedError,
      );
    });

    it('hold the login of the user, and keep the logout', async () => {
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      const signedInAt = await opened.store.logoutStore.recordLogin('1', undefined);
      expect(await user()).toMatchObject({ lastLoggedIn: signedInAt, lastLoggedOut: loggedOutAt });
    });

    it('hold no refused login', async () => {
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      await expect(opened.store.logoutStore.recordLogin('1', loggedOutAt)).rejects.toThrow();
      expect((await user()).lastLoggedIn).toBeNull();
    });

    it.each(['2', '-1', 'nobody', '99999999999999999999'])('contain no user %s', async (userId) => {
      const refusal: unknown = await opened.store.logoutStore
        .recordLogin(userId, undefined)
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(UnknownUserError);
      expect(refusal).toMatchObject({
        code: 'ERR_MEVETO_UNKNOWN_USER',
        message: 'No user with this id. Give the id of a stored user.',
      });
    });

    it('are found by a poll when they are committed ten seconds after their time', async () => {
      await logOut(opened, 'a', 'm-1');
      const { asOf } = await opened.store.logoutStore.committedSince(0);
      await opened.dataSource.query(
        `UPDATE meveto_logout_logouts SET committed_at = ${String(asOf - 10_000)}`,
      );
      expect((await opened.store.logoutStore.committedSince(asOf)).logouts).toHaveLength(1);
    });

    it('are found even later by a store with longer transactions', async () => {
      await logOut(opened, 'a', 'm-1');
      const patient = typeOrmStore(mapping).create(contextOf(opened.dataSource, 10_000));
      await patient.connect();
      try {
        const { asOf } = await patient.logoutStore.committedSince(0);
        await opened.dataSource.query(
          `UPDATE meveto_logout_logouts SET committed_at = ${String(asOf - 25_000)}`,
        );
        expect((await opened.store.logoutStore.committedSince(asOf)).logouts).toEqual([]);
        expect((await patient.logoutStore.committedSince(asOf)).logouts).toHaveLength(1);
      } finally {
        await patient.close();
      }
    });

    it('of old logouts are deleted in steps, and later ones are kept', async () => {
      const { logoutStore } = opened.store;
      for (const id of [2, 3]) await opened.addUser(id, `m-${String(id)}`);
      await logOut(opened, 'a', 'm-1');
      await logOut(opened, 'b', 'm-2');
      await opened.passTime(HOUR_MS);
      const later = await logOut(opened, 'c', 'm-3');
      for (const left of [2, 1, 1]) {
        await logoutStore.forgetUntil(later - HOUR_MS / 2, 1);
        expect((await logoutStore.committedSince(0)).logouts).toHaveLength(left);
      }
      expect((await logoutStore.committedSince(0)).logouts).toEqual([{ userId: '3', loggedOutAt: later }]);
    });

    it('are not changed by an application transaction that rolls back', async () => {
      let begun: () => void = () => undefined;
      const hasBegun = new Promise<void>((resolve) => (begun = resolve));
      const rolledBack = opened.dataSource
        .transaction(async (manager) => {
          await manager.getRepository(User).insert({ id: 2, mevetoId: 'm-2' });
          begun();
          await letTimePass(30);
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      await hasBegun;
      expect((await opened.store.inbox.receive([incoming('a')])).opened).toHaveLength(1);
      await rolledBack;
      expect(await opened.rowOf('a')).toMatchObject({ state: 'pending' });
      expect(await claimOne(opened)).toMatchObject({ digest: 'digest-a' });
      expect(await opened.dataSource.getRepository(User).count()).toBe(1);
    });

    it('are counted up to a limit, so that the status is fast after a flood', async () => {
      const table = 'meveto_logout_jobs';
      const { dataSource } = opened;
      await opened.store.inbox.receive([incoming('a')]);
      const columns = Object.keys(await opened.rowOf('a')).filter((column) => !/^(id|digest)$/.test(column));
      await dataSource.query(`UPDATE ${table} SET id = '-', digest = '-'`);
      for (const letter of 'abcdefghijklmnopq') {
        const copied = [`CONCAT('${letter}', id)`, `CONCAT('${letter}', digest)`, ...columns];
        await dataSource.query(
          `INSERT INTO ${table} (id, digest, ${columns.join(', ')}) SELECT ${copied.join(', ')} FROM ${table}`,
        );
      }
      expect((await dataSource.query<unknown[]>(`SELECT id FROM ${table}`)).length).toBe(2 ** 17);
      expect(await summaryOf(opened)).toMatchObject({ pending: 100_000, rejected: 0 });
    }, 60_000);

    it('have the columns and indices that the entities declare', async () => {
      const { upQueries } = await opened.dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    });
  });
}
