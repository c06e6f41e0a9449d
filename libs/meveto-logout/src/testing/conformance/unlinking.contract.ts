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
import type { Tests } from './tests.js';

export function unlinking({ describe, expect, it }: Tests, current: Current): void {
  describe('a removal of Meveto’s protection', () => {
    it('clears the Meveto ID and logs no user out', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const { logoutStore } = current().store;
      const job = await receiveAndClaim(current(), removal('a'));
      await current().addToken('token', 1, job.occurredAt - 1);

      expect(await logoutStore.applyProtectionRemoved(job, 'm-1')).toEqual({ kind: 'unlinked', userId: '1' });
      expect(await current().mevetoIdOf(1)).toBeNull();
      expect(await current().mevetoIdOf(2)).toBe('m-2');
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      expect(await current().liveTokens()).toEqual(['token']);
      expect(await summaryOf(current())).toMatchObject({ applied: 1, pending: 0 });
    });

    it('returns the same outcome when repeated after a lost answer', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const job = await receiveAndClaim(current(), removal('a'));
      for (let times = 0; times < 2; times += 1)
        expect(await logoutStore.applyProtectionRemoved(job, 'm-1')).toEqual({
          kind: 'unlinked',
          userId: '1',
        });
      expect(await logoutStore.applyProtectionRemoved(job, 'm-2')).toEqual({ kind: 'claim-lost' });
    });

    it('is stored when no user has the Meveto ID', async () => {
      const job = await receiveAndClaim(current(), removal('a'));
      expect(await current().store.logoutStore.applyProtectionRemoved(job, 'm-1')).toEqual({
        kind: 'unknown-user',
      });
      expect(await summaryOf(current())).toMatchObject({ unknown_user: 1, pending: 0 });
    });

    it('writes nothing when the job is finished by another claim', async () => {
      await current().addUser(1, 'm-1');
      const lost = await receiveAndClaim(current(), removal('a'));
      await current().passTime(LEASE_MS);
      await current().store.inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      expect(await current().store.logoutStore.applyProtectionRemoved(lost, 'm-1')).toEqual({
        kind: 'claim-lost',
      });
      expect(await current().mevetoIdOf(1)).toBe('m-1');
      expect(await summaryOf(current())).toMatchObject({ rejected: 1 });
    });
  });

  describe('a logout that is applied after the link was removed', () => {
    it('logs out the user if it came first', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      await inbox.receive([incoming('logout')]);
      const logout = await claimOne(current());
      await current().addToken('token', 1, logout.occurredAt - 1);
      await nextMillisecond(current());
      await logoutStore.applyProtectionRemoved(await receiveAndClaim(current(), removal('gone')), 'm-1');

      expect(await logoutStore.applyLogout(logout, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: logout.occurredAt },
      });
      expect(await current().liveTokens()).toEqual([]);
    });

    it('logs out the user who had the Meveto ID then, also after other users had it since', async () => {
      for (const id of [1, 2, 3]) await current().addUser(id, `m-${String(id)}`);
      const { logoutStore } = current().store;
      const logout = await receiveAndClaim(current(), incoming('logout'));
      for (const [id, next] of [
        [1, 2],
        [2, 3],
      ] as const) {
        await nextMillisecond(current());
        const job = await receiveAndClaim(current(), removal(`gone-${String(id)}`));
        await logoutStore.applyProtectionRemoved(job, 'm-1');
        await current().link(next, 'm-1');
      }
      expect(await logoutStore.applyLogout(logout, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: logout.occurredAt },
      });
      await nextMillisecond(current());
      // A logout of now affects the user who has the Meveto ID now.
      expect(await logOut(current(), 'later', 'm-1')).toBeGreaterThan(logout.occurredAt);
      expect((await logoutStore.committedSince(0)).logouts.map(({ userId }) => userId).sort()).toEqual([
        '1',
        '3',
      ]);
    });

    it('ignores another logout since then', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const logout = await receiveAndClaim(current(), incoming('logout'));
      await nextMillisecond(current());
      await logOut(current(), 'another', 'm-1');
      await current().link(1, null);
      expect(await logoutStore.applyLogout(logout, 'm-1')).toEqual({ kind: 'unknown-user' });
    });

    it('logs no user out if it came later', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      await logoutStore.applyProtectionRemoved(await receiveAndClaim(current(), removal('gone')), 'm-1');
      await current().passTime(HOUR_MS);
      const logout = await receiveAndClaim(current(), incoming('logout'));
      expect(await logoutStore.applyLogout(logout, 'm-1')).toEqual({ kind: 'unknown-user' });
    });

    it('logs no user out after the removal of another Meveto ID', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      await inbox.receive([incoming('logout')]);
      const logout = await claimOne(current());
      await nextMillisecond(current());
      await logoutStore.applyProtectionRemoved(await receiveAndClaim(current(), removal('gone')), 'm-1');
      expect(await logoutStore.applyLogout(logout, 'm-2')).toEqual({ kind: 'unknown-user' });
    });
  });
}
