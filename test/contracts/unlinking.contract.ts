import { describe, expect, it } from '@jest/globals';
import {
  claimOne,
  type Current,
  HOUR_MS,
  incoming,
  LEASE_MS,
  logOut,
  nextMillisecond,
  receiveAndClaim,
  removal,
  summaryOf,
} from './opened-store.js';

export function unlinking(current: Current): void {
  describe('a removal of Meveto’s protection', () => {
    it('clears the Meveto ID and logs nobody out', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const { register } = current().store;
      const call = await receiveAndClaim(current(), removal('a'));
      await current().addToken('token', 1, call.occurredAt - 1);

      expect(await register.applyProtectionRemoved(call, 'm-1')).toEqual({ kind: 'unlinked', userId: '1' });
      expect(await current().mevetoIdOf(1)).toBeNull();
      expect(await current().mevetoIdOf(2)).toBe('m-2');
      expect((await register.committedSince(0)).logouts).toEqual([]);
      expect(await current().liveTokens()).toEqual(['token']);
      expect(await summaryOf(current())).toMatchObject({ applied: 1, pending: 0 });
    });

    it('says the same again to one whose commit was not answered', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const call = await receiveAndClaim(current(), removal('a'));
      for (let times = 0; times < 2; times += 1)
        expect(await register.applyProtectionRemoved(call, 'm-1')).toEqual({ kind: 'unlinked', userId: '1' });
      expect(await register.applyProtectionRemoved(call, 'm-2')).toEqual({ kind: 'claim-lost' });
    });

    it('of a person without a user is kept as a fact', async () => {
      const call = await receiveAndClaim(current(), removal('a'));
      expect(await current().store.register.applyProtectionRemoved(call, 'm-1')).toEqual({
        kind: 'unknown-user',
      });
      expect(await summaryOf(current())).toMatchObject({ unknown_user: 1, pending: 0 });
    });

    it('writes nothing once somebody else has ended the call', async () => {
      await current().addUser(1, 'm-1');
      const lost = await receiveAndClaim(current(), removal('a'));
      await current().passTime(LEASE_MS);
      await current().store.inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      expect(await current().store.register.applyProtectionRemoved(lost, 'm-1')).toEqual({
        kind: 'claim-lost',
      });
      expect(await current().mevetoIdOf(1)).toBe('m-1');
      expect(await summaryOf(current())).toMatchObject({ rejected: 1 });
    });
  });

  describe('a logout that is worked on after the link was removed', () => {
    it('still logs out the user, if it came first', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      await inbox.receive([incoming('logout')]);
      const logout = await claimOne(current());
      await current().addToken('token', 1, logout.occurredAt - 1);
      await nextMillisecond(current());
      await register.applyProtectionRemoved(await receiveAndClaim(current(), removal('gone')), 'm-1');

      expect(await register.applyLogout(logout, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: logout.occurredAt },
      });
      expect(await current().liveTokens()).toEqual([]);
    });

    it('still logs out the user who had it then, whoever got it and lost it since', async () => {
      for (const id of [1, 2, 3]) await current().addUser(id, `m-${String(id)}`);
      const { register } = current().store;
      const logout = await receiveAndClaim(current(), incoming('logout'));
      for (const [id, next] of [
        [1, 2],
        [2, 3],
      ] as const) {
        await nextMillisecond(current());
        const call = await receiveAndClaim(current(), removal(`gone-${String(id)}`));
        await register.applyProtectionRemoved(call, 'm-1');
        await current().link(next, 'm-1');
      }
      expect(await register.applyLogout(logout, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: logout.occurredAt },
      });
      await nextMillisecond(current());
      // The one who has it now is meant by a logout of now.
      expect(await logOut(current(), 'later', 'm-1')).toBeGreaterThan(logout.occurredAt);
      expect((await register.committedSince(0)).logouts.map(({ userId }) => userId).sort()).toEqual([
        '1',
        '3',
      ]);
    });

    it('is not led astray by another logout since then', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const logout = await receiveAndClaim(current(), incoming('logout'));
      await nextMillisecond(current());
      await logOut(current(), 'another', 'm-1');
      await current().link(1, null);
      expect(await register.applyLogout(logout, 'm-1')).toEqual({ kind: 'unknown-user' });
    });

    it('logs nobody out, if it came later', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      await register.applyProtectionRemoved(await receiveAndClaim(current(), removal('gone')), 'm-1');
      await current().passTime(HOUR_MS);
      const logout = await receiveAndClaim(current(), incoming('logout'));
      expect(await register.applyLogout(logout, 'm-1')).toEqual({ kind: 'unknown-user' });
    });

    it('logs nobody out for the removal of another person', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      await inbox.receive([incoming('logout')]);
      const logout = await claimOne(current());
      await nextMillisecond(current());
      await register.applyProtectionRemoved(await receiveAndClaim(current(), removal('gone')), 'm-1');
      expect(await register.applyLogout(logout, 'm-2')).toEqual({ kind: 'unknown-user' });
    });
  });
}
