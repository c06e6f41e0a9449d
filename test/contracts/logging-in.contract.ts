import { describe, expect, it } from '@jest/globals';
import { LoginOutdatedError } from 'nestjs-meveto-logout';
import { LOGGED_OUT } from '../../libs/meveto-logout/src/model/call.js';
import {
  type Current,
  HOUR_MS,
  incoming,
  logOut,
  nextMillisecond,
  receiveAndClaim,
  removal,
} from './opened-store.js';

export function loggingIn(current: Current): void {
  describe('a login', () => {
    it('begins now', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const before = await register.now();
      const signedInAt = await register.recordLogin('1', undefined);
      expect(signedInAt).toBeGreaterThanOrEqual(before);
      expect(signedInAt).toBeLessThanOrEqual(await register.now());
    });

    it('begins strictly after the last logout, also in the same millisecond', async () => {
      await current().addUser(1, 'm-1');
      const loggedOutAt = await logOut(current(), 'a', 'm-1');
      expect(await current().store.register.recordLogin('1', undefined)).toBeGreaterThan(loggedOutAt);
      expect(await current().store.register.recordLogin('1', loggedOutAt + 1)).toBe(loggedOutAt + 1);
    });

    it('begins when the person proved who they are, so that a logout received since then ends it', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const authenticatedAt = await register.now();
      const call = await receiveAndClaim(current(), incoming('a'));
      const signedInAt = await register.recordLogin('1', authenticatedAt);
      await register.applyLogout(call, 'm-1');
      const [logout] = (await register.committedSince(0)).logouts;
      expect(signedInAt).toBe(authenticatedAt);
      expect(signedInAt).toBeLessThanOrEqual(logout?.loggedOutAt ?? 0);
    });

    it.each([0, 1, HOUR_MS])(
      'that was authenticated %d ms before the last logout is refused',
      async (earlierMs) => {
        await current().addUser(1, 'm-1');
        const loggedOutAt = await logOut(current(), 'a', 'm-1');
        const authenticatedAt = loggedOutAt - earlierMs;
        const refusal: unknown = await current()
          .store.register.recordLogin('1', authenticatedAt)
          .catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(LoginOutdatedError);
        expect(refusal).toMatchObject({
          name: 'LoginOutdatedError',
          code: 'ERR_MEVETO_LOGIN_OUTDATED',
          message:
            'The person was logged out by Meveto after proving who they are. Ask them to log in again.',
          authenticatedAt,
          loggedOutAt,
        });
      },
    );

    it('is refused by a logout since then that found no user with its Meveto ID, and by no other', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      expect(await register.applyLogout(call, 'm-nobody')).toEqual({ kind: 'unknown-user' });
      const { occurredAt } = call;
      await expect(register.recordLogin('1', occurredAt, 'm-nobody')).rejects.toThrow(LoginOutdatedError);
      expect(await register.recordLogin('1', occurredAt, 'm-1')).toBe(occurredAt);
      expect(await register.recordLogin('1', occurredAt, undefined)).toBe(occurredAt);
      expect(await register.recordLogin('1', occurredAt + 1, 'm-nobody')).toBeGreaterThanOrEqual(occurredAt);
      expect(await register.recordLogin('1', undefined, 'm-nobody')).toBeGreaterThanOrEqual(occurredAt);
    });

    it('is refused by the latest of several logouts that found no user, and by no removal', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const at: number[] = [];
      for (const call of [incoming('a'), incoming('b'), removal('c')]) {
        await nextMillisecond(current());
        const claimed = await receiveAndClaim(current(), call);
        if (call.type === LOGGED_OUT) await register.applyLogout(claimed, 'm-nobody');
        else await register.applyProtectionRemoved(claimed, 'm-nobody');
        at.push(claimed.occurredAt);
      }
      const [first = 0, second = 0, removed = 0] = at;
      await expect(register.recordLogin('1', first, 'm-nobody')).rejects.toThrow(LoginOutdatedError);
      await expect(register.recordLogin('1', second, 'm-nobody')).rejects.toThrow(LoginOutdatedError);
      expect(await register.recordLogin('1', removed, 'm-nobody')).toBe(removed);
    });

    it('is refused by a logout since then that found another user with its Meveto ID', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const loggedOutAt = await logOut(current(), 'a', 'm-2');
      const { register } = current().store;
      // The person linked their Meveto ID to another account meanwhile.
      await expect(register.recordLogin('1', loggedOutAt, 'm-2')).rejects.toThrow(LoginOutdatedError);
      expect(await register.recordLogin('1', loggedOutAt + 1, 'm-2')).toBeGreaterThanOrEqual(loggedOutAt);
    });

    it('that claims to be from the future begins now', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const signedInAt = await register.recordLogin('1', (await register.now()) + HOUR_MS);
      expect(signedInAt).toBeLessThanOrEqual(await register.now());
    });

    it('is not touched by the logout of another user', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const loggedOutAt = await logOut(current(), 'a', 'm-1');
      expect(await current().store.register.recordLogin('2', loggedOutAt)).toBe(loggedOutAt);
    });
  });
}
