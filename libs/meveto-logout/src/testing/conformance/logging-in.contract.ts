import { LoginOutdatedError } from '../../store/index.js';
import { LOGOUT } from '../../store/index.js';
import {
  type Current,
  HOUR_MS,
  incoming,
  logOut,
  nextMillisecond,
  receiveAndClaim,
  removal,
} from './opened-store.js';
import type { Tests } from './tests.js';

export function loggingIn({ describe, expect, it }: Tests, current: Current): void {
  describe('a login', () => {
    it('begins now', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const before = await logoutStore.now();
      const signedInAt = await logoutStore.recordLogin('1', undefined);
      expect(signedInAt).toBeGreaterThanOrEqual(before);
      expect(signedInAt).toBeLessThanOrEqual(await logoutStore.now());
    });

    it('begins strictly after the last logout, also in the same millisecond', async () => {
      await current().addUser(1, 'm-1');
      const loggedOutAt = await logOut(current(), 'a', 'm-1');
      expect(await current().store.logoutStore.recordLogin('1', undefined)).toBeGreaterThan(loggedOutAt);
      expect(await current().store.logoutStore.recordLogin('1', loggedOutAt + 1)).toBe(loggedOutAt + 1);
    });

    it('begins at the authentication, so that a logout received since then ends the session', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const authenticatedAt = await logoutStore.now();
      const job = await receiveAndClaim(current(), incoming('a'));
      const signedInAt = await logoutStore.recordLogin('1', authenticatedAt);
      await logoutStore.applyLogout(job, 'm-1');
      const [logout] = (await logoutStore.committedSince(0)).logouts;
      expect(signedInAt).toBe(authenticatedAt);
      expect(signedInAt).toBeLessThanOrEqual(logout?.loggedOutAt ?? 0);
    });

    it.each([0, 1, HOUR_MS])(
      'is refused when it was authenticated %d ms before the last logout',
      async (earlierMs) => {
        await current().addUser(1, 'm-1');
        const loggedOutAt = await logOut(current(), 'a', 'm-1');
        const authenticatedAt = loggedOutAt - earlierMs;
        const refusal: unknown = await current()
          .store.logoutStore.recordLogin('1', authenticatedAt)
          .catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(LoginOutdatedError);
        expect(refusal).toMatchObject({
          name: 'LoginOutdatedError',
          code: 'ERR_MEVETO_LOGIN_OUTDATED',
          message: 'The user was logged out after this authentication. Ask the user to log in again.',
          authenticatedAt,
          loggedOutAt,
        });
      },
    );

    it('is refused after a logout of its Meveto ID that found no user, and after no other one', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      expect(await logoutStore.applyLogout(job, 'm-nobody')).toEqual({ kind: 'unknown-user' });
      const { occurredAt } = job;
      await expect(logoutStore.recordLogin('1', occurredAt, 'm-nobody')).rejects.toThrow(LoginOutdatedError);
      expect(await logoutStore.recordLogin('1', occurredAt, 'm-1')).toBe(occurredAt);
      expect(await logoutStore.recordLogin('1', occurredAt, undefined)).toBe(occurredAt);
      expect(await logoutStore.recordLogin('1', occurredAt + 1, 'm-nobody')).toBeGreaterThanOrEqual(
        occurredAt,
      );
      expect(await logoutStore.recordLogin('1', undefined, 'm-nobody')).toBeGreaterThanOrEqual(occurredAt);
    });

    it('is refused after the latest of several logouts that found no user, and not after a removal', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const at: number[] = [];
      for (const job of [incoming('a'), incoming('b'), removal('c')]) {
        await nextMillisecond(current());
        const claimed = await receiveAndClaim(current(), job);
        if (job.kind === LOGOUT) await logoutStore.applyLogout(claimed, 'm-nobody');
        else await logoutStore.applyProtectionRemoved(claimed, 'm-nobody');
        at.push(claimed.occurredAt);
      }
      const [first = 0, second = 0, removed = 0] = at;
      await expect(logoutStore.recordLogin('1', first, 'm-nobody')).rejects.toThrow(LoginOutdatedError);
      await expect(logoutStore.recordLogin('1', second, 'm-nobody')).rejects.toThrow(LoginOutdatedError);
      expect(await logoutStore.recordLogin('1', removed, 'm-nobody')).toBe(removed);
    });

    it('is refused after a logout of its Meveto ID that found another user', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const loggedOutAt = await logOut(current(), 'a', 'm-2');
      const { logoutStore } = current().store;
      // The Meveto ID was linked to another account meanwhile.
      await expect(logoutStore.recordLogin('1', loggedOutAt, 'm-2')).rejects.toThrow(LoginOutdatedError);
      expect(await logoutStore.recordLogin('1', loggedOutAt + 1, 'm-2')).toBeGreaterThanOrEqual(loggedOutAt);
    });

    it('begins now when its authentication lies in the future', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const signedInAt = await logoutStore.recordLogin('1', (await logoutStore.now()) + HOUR_MS);
      expect(signedInAt).toBeLessThanOrEqual(await logoutStore.now());
    });

    it('is not affected by the logout of another user', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const loggedOutAt = await logOut(current(), 'a', 'm-1');
      expect(await current().store.logoutStore.recordLogin('2', loggedOutAt)).toBe(loggedOutAt);
    });
  });
}
