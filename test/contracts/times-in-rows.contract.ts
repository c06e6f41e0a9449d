import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LoginOutdatedError, type Store } from 'nestjs-meveto-logout';
import { User } from '../support/hosts/host-app.js';
import {
  claimOne,
  DAY_MS,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  receiveAndClaim,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import type { OpenedTypeOrmStore } from './typeorm-opened-store.js';

/** The times that a process reads from rows: from the module's own tables, and never from those of the application. */
export function timesInRowsContract(name: string, openStore: () => Promise<OpenedTypeOrmStore>): void {
  describe(`times in the rows of ${name}`, () => {
    let opened: OpenedTypeOrmStore;
    beforeAll(async () => {
      opened = await openStore();
    });
    beforeEach(async () => {
      await opened.clear();
      await opened.restart();
      await opened.addUser(1, 'm-1');
      await opened.addUser(2, 'm-2');
    });
    afterAll(() => opened.close());

    const users = () => opened.dataSource.getRepository(User);
    const user = () => users().findOneByOrFail({ id: 1 });
    const now = () => opened.store.logoutStore.now();

    describe.each([1_000, HOUR_MS, DAY_MS])(
      'a last logout %d ms in the future, written by a process in another time zone',
      (aheadMs) => {
        beforeEach(async () => {
          await users().update(1, { lastLoggedOut: (await now()) + aheadMs });
        });

        it('does not date a login in the future, so that the next logout ends it', async () => {
          const signedInAt = await opened.store.logoutStore.recordLogin('1', undefined);
          expect(signedInAt).toBeLessThanOrEqual(await now());
          expect(await logOut(opened, 'a', 'm-1')).toBeGreaterThanOrEqual(signedInAt);
        });

        it('does not refuse a login authenticated now', async () => {
          const authenticatedAt = await now();
          expect(await opened.store.logoutStore.recordLogin('1', authenticatedAt)).toBe(authenticatedAt);
        });

        it('is overwritten by the next logout', async () => {
          const loggedOutAt = await logOut(opened, 'a', 'm-1');
          expect((await user()).lastLoggedOut).toBe(loggedOutAt);
          expect(loggedOutAt).toBeLessThanOrEqual(await now());
        });

        it('does not hide the last logout in the module’s own table', async () => {
          const loggedOutAt = await logOut(opened, 'a', 'm-1');
          await users().update(1, { lastLoggedOut: loggedOutAt + aheadMs });
          await expect(opened.store.logoutStore.recordLogin('1', loggedOutAt)).rejects.toThrow(
            LoginOutdatedError,
          );
          expect(await opened.store.logoutStore.recordLogin('1', undefined)).toBeGreaterThan(loggedOutAt);
        });

        it('does not affect a process that starts, nor does a last login in the future', async () => {
          await users().update(1, { lastLoggedIn: (await now()) + aheadMs });
          await opened.restart();
          expect(await now()).toBeLessThan(((await user()).lastLoggedIn ?? 0) - aheadMs / 2);
        });
      },
    );

    it('ignore a last logout that is not a date', async () => {
      await users().update(1, { lastLoggedOut: Number.MAX_SAFE_INTEGER });
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      expect((await user()).lastLoggedOut).toBe(loggedOutAt);
    });

    describe.each([5_000, 30_000])('after a start with the clock set back by %d ms', (stepMs) => {
      it.each(['applied', 'rejected', 'unfinished'])(
        'date a receipt not before one that is %s',
        async (state) => {
          const job = await receiveAndClaim(opened, incoming('a'));
          if (state === 'applied') await opened.store.logoutStore.applyLogout(job, 'm-2');
          if (state === 'rejected') await opened.store.inbox.finish(job, { state, reason: 'test' });
          opened.stepClock(-stepMs);
          await opened.restart();
          const signedInAt = await opened.store.logoutStore.recordLogin('1', undefined);
          expect(signedInAt).toBeGreaterThan(job.occurredAt);
          expect(await logOut(opened, 'b', 'm-1')).toBeGreaterThanOrEqual(signedInAt);
        },
      );
    });

    describe.each([5_000, HOUR_MS])(
      'with another process that continues after the clock was set back by %d ms',
      (stepMs) => {
        let running: Store;
        beforeEach(async () => {
          running = await opened.another();
          await running.logoutStore.now();
          opened.stepClock(-stepMs);
          await opened.restart();
        });
        const refresh = async () => {
          for (const { logoutStore } of [running, opened.store]) await logoutStore.committedSince(Date.now());
        };

        it('a logout ends the sessions of that process after one poll, and after each login there', async () => {
          const { inbox } = running;
          for (const name of ['a', 'b', 'c']) {
            const signedInAt = await running.logoutStore.recordLogin('1', undefined);
            await refresh();
            expect(await logOut(opened, name, 'm-1')).toBeGreaterThanOrEqual(signedInAt);
            // A receipt that other processes do not know moves the next login ahead.
            await inbox.receive([incoming(`${name}-2`)]);
            await inbox.finish(await claimOne({ ...opened, store: running }), {
              state: 'rejected',
              reason: 'test',
            });
          }
        });

        it('a process that starts later knows those times, and they log no user out', async () => {
          const signedInAt = await running.logoutStore.recordLogin('1', undefined);
          await running.logoutStore.committedSince(0);
          await running.close();
          await opened.restart();
          expect(await opened.store.logoutStore.committedSince(0)).toMatchObject({
            logouts: [],
            forgottenUntil: 0,
          });
          expect(await logOut(opened, 'a', 'm-1')).toBeGreaterThanOrEqual(signedInAt);
        });

        it('a listed webhook of the repeated time ends the sessions of that process, after the clock has caught up and a restart', async () => {
          const signedInAt = await running.logoutStore.recordLogin('1', undefined);
          await refresh();
          opened.stepClock(2 * stepMs);
          await opened.restart();
          await opened.store.inbox.receiveListed([listed('a', 'a', signedInAt - stepMs / 2)]);
          expect((await claimOne(opened)).occurredAt).toBeGreaterThanOrEqual(signedInAt);
        });

        it('no step back is published once the clock has caught up, and old logouts are deleted again', async () => {
          await refresh();
          opened.stepClock(2 * stepMs);
          const loggedOutAt = await logOut(opened, 'a', 'm-1');
          expect(loggedOutAt).toBeLessThanOrEqual(Date.now() + stepMs);
          await opened.store.logoutStore.forgetUntil(loggedOutAt, 10);
          await refresh();
          const look = await opened.store.logoutStore.committedSince(0);
          expect(look).toMatchObject({ logouts: [], forgottenUntil: loggedOutAt });
        });
      },
    );

    it('do not include the end of a lease at the start of a process', async () => {
      await receiveAndClaim(opened, incoming('a'));
      await opened.store.lease.take('test', 'holder', HOUR_MS);
      await opened.restart();
      expect((await claimedAfterLease()).receivedAt).toBeLessThanOrEqual(await now());
      expect(await opened.store.logoutStore.recordLogin('1', undefined)).toBeLessThan(
        Date.now() + HOUR_MS / 2,
      );
    });
    const claimedAfterLease = async () => {
      await opened.passTime(LEASE_MS);
      return claimOne(opened);
    };

    it('date a login after the receipt of a job by a process with later times', async () => {
      const other = await opened.another();
      opened.stepClock(30_000);
      await other.logoutStore.now();
      opened.stepClock(-30_000);
      await other.inbox.receive([incoming('a')]);
      const job = await claimOne(opened);
      expect(job.occurredAt).toBeGreaterThan(job.receivedAt + 20_000);
      const signedInAt = await opened.store.logoutStore.recordLogin('1', undefined);
      expect(signedInAt).toBe(job.occurredAt + 1);
      const outcome = await opened.store.logoutStore.applyLogout(job, 'm-1');
      expect(outcome).toMatchObject({ kind: 'applied', logout: { loggedOutAt: job.occurredAt } });
    });

    it('are corrected by the statements of docs/time.md after a step ahead by a year', async () => {
      opened.stepClock(365 * DAY_MS);
      await logOut(opened, 'a', 'm-1');
      await receiveAndClaim(opened, incoming('b'));
      await opened.store.lease.take('test', 'holder', HOUR_MS);
      opened.stepClock(-365 * DAY_MS);
      await opened.restart();
      expect(await now()).toBeGreaterThan(Date.now() + 364 * DAY_MS);

      const [, statements = ''] = /```sql\n([^`]*)```/.exec(await readFile('docs/time.md', 'utf8')) ?? [];
      for (const statement of statements.split(';').filter((each) => each.includes('UPDATE')))
        await opened.dataSource.query(statement.replaceAll(':now', String(Date.now())));
      await opened.restart();
      expect(await now()).toBeLessThan(Date.now() + HOUR_MS);
      expect((await claimOne(opened)).occurredAt).toBeLessThanOrEqual(await now());
      expect(await opened.store.lease.take('test', 'another', HOUR_MS)).toBe(true);
    });

    it('include a logout of another process after one poll', async () => {
      const other = await opened.another();
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      opened.stepClock(-30_000);
      const fresh = await opened.another();
      await fresh.logoutStore.committedSince(0);
      for (const store of [other, fresh]) {
        await store.logoutStore.committedSince(Date.now());
        expect(await store.logoutStore.recordLogin('2', undefined)).toBeGreaterThan(loggedOutAt);
      }
    });

    it('show a commit of a process that started with the clock set back to the next poll of another process', async () => {
      const other = await opened.another();
      const { asOf } = await other.logoutStore.committedSince(0);
      opened.stepClock(-HOUR_MS);
      await opened.restart();
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      const look = await other.logoutStore.committedSince(asOf);
      expect(look.logouts).toEqual([{ userId: '1', loggedOutAt }]);
    });

    it('show a commit with the clock set back for a moment to the next poll of another process', async () => {
      const other = await opened.another();
      const { asOf } = await other.logoutStore.committedSince(0);
      await opened.store.logoutStore.committedSince(0);
      opened.stepClock(-HOUR_MS);
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      opened.stepClock(HOUR_MS);
      const look = await other.logoutStore.committedSince(asOf);
      expect(look.logouts).toEqual([{ userId: '1', loggedOutAt }]);
    });
  });
}
