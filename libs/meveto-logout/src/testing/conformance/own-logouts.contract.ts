import { UnknownUserError } from '../../store/index.js';
import {
  type Current,
  HOUR_MS,
  incoming,
  listed,
  claimOne,
  logOut,
  nextMillisecond,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

/** Logouts by the application, without a webhook of Meveto. */
export function ownLogouts({ describe, expect, it }: Tests, current: Current): void {
  describe('a logout by the application', () => {
    it('is dated by the store’s clock, and is stored with its reason and without a job', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const before = await logoutStore.now();
      const [logout] = await logoutStore.logOut('1', 'password-change');
      expect(logout).toEqual({ userId: '1', loggedOutAt: expect.any(Number), reason: 'password-change' });
      expect(logout.loggedOutAt).toBeGreaterThanOrEqual(before);
      expect(logout.loggedOutAt).toBeLessThanOrEqual(await logoutStore.now());
      expect((await logoutStore.committedSince(0)).logouts).toEqual([logout]);
      expect(Object.values(await summaryOf(current())).every((count) => count === 0)).toBe(true);
    });

    it('is passed to the callback before its commit, and is not committed if the callback throws', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const announced: unknown[] = [];
      const deaf = Promise.resolve().then(() =>
        logoutStore.logOut('1', 'ban', () => {
          throw new Error('not now');
        }),
      );
      await expect(deaf).rejects.toThrow();
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      const [logout] = await logoutStore.logOut('1', 'ban', (committing) => announced.push(committing));
      expect(announced).toEqual([logout]);
    });

    it('revokes the access tokens of the user that were issued until then, and no others', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const now = await current().store.logoutStore.now();
      await current().addToken('old', 1, now - HOUR_MS);
      await current().addToken('now', 1, now);
      await current().addToken('later', 1, now + HOUR_MS);
      await current().addToken('of another user', 2, now - HOUR_MS);
      await current().store.logoutStore.logOut('1', 'ban');
      expect(await current().liveTokens()).toEqual(['later', 'of another user']);
    });

    it('is returned by the next read, and dates later logins after it', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const { asOf } = await logoutStore.committedSince(0);
      const [logout] = await logoutStore.logOut('1', 'ban');
      expect((await logoutStore.committedSince(asOf)).logouts).toEqual([logout]);
      expect(await logoutStore.recordLogin('1', undefined)).toBeGreaterThan(logout.loggedOutAt);
      await expect(logoutStore.recordLogin('1', logout.loggedOutAt)).rejects.toMatchObject({
        code: 'ERR_MEVETO_LOGIN_OUTDATED',
      });
    });

    it('keeps the reason of the latest logout, also beside logouts of Meveto', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const reasons = async () => (await logoutStore.committedSince(0)).logouts.map(({ reason }) => reason);
      const [first] = await logoutStore.logOut('1', 'ban');
      await nextMillisecond(current());
      await logOut(current(), 'a', 'm-1');
      expect(await reasons()).toEqual([undefined]);
      await nextMillisecond(current());
      const [last] = await logoutStore.logOut('1', 'stolen-device');
      expect(await reasons()).toEqual(['stolen-device']);
      // An older logout of Meveto that is applied late returns the logout that counts.
      await inbox.receiveListed([listed('1', 'b', first.loggedOutAt)]);
      const late = await claimOne(current());
      const outcome = { kind: 'applied', logout: last };
      expect(await logoutStore.applyLogout(late, 'm-1')).toEqual(outcome);
      expect(await logoutStore.applyLogout(late, 'm-1')).toEqual(outcome);
      expect((await logoutStore.committedSince(0)).logouts).toEqual([last]);
    });

    it('is the latest one when several logouts happen at once', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      const [applied, ...own] = await Promise.all([
        logoutStore.applyLogout(job, 'm-1'),
        ...Array.from({ length: 8 }, () => logoutStore.logOut('1', 'ban')),
      ]);
      expect(applied.kind).toBe('applied');
      const latest = Math.max(...own.map(([{ loggedOutAt }]) => loggedOutAt));
      expect((await logoutStore.committedSince(0)).logouts).toEqual([
        expect.objectContaining({ userId: '1', loggedOutAt: latest }),
      ]);
    });

    it.each(['2', 'nobody', '', '1 ', '1x', '99999999999999999999'])(
      'requires the exact id: %j belongs to no user, and nothing is written',
      async (userId) => {
        await current().addUser(1, 'm-1');
        const { logoutStore } = current().store;
        await expect(logoutStore.logOut(userId, 'ban')).rejects.toThrow(UnknownUserError);
        expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      },
    );

    it('works for a user without a Meveto ID', async () => {
      await current().addUser(1, 'm-1');
      await current().link(1, null);
      expect(await current().store.logoutStore.logOut('1', 'ban')).toMatchObject([{ userId: '1' }]);
    });
  });
}
