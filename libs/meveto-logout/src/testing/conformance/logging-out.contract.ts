import {
  claimOne,
  type Current,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  nextMillisecond,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

export function loggingOut({ describe, expect, it }: Tests, current: Current): void {
  describe('a logout', () => {
    it('is dated by the first receipt, not by the processing', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(HOUR_MS);
      const job = await claimOne(current());

      expect(await logoutStore.applyLogout(job, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: job.receivedAt },
      });
      expect(job.receivedAt).toBeLessThanOrEqual((await logoutStore.now()) - HOUR_MS);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, applied: 1 });
    });

    it('is passed to the callback before its commit, and is not committed if the callback throws', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      const announced: unknown[] = [];
      const failed = Promise.resolve().then(() =>
        logoutStore.applyLogout(job, 'm-1', (logout) => {
          announced.push(logout);
          throw new Error('not now');
        }),
      );
      await expect(failed).rejects.toThrow();
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      const outcome = await logoutStore.applyLogout(job, 'm-1', (logout) => announced.push(logout));
      expect(outcome.kind).toBe('applied');
      expect(announced).toEqual([
        (outcome as { logout: unknown }).logout,
        (outcome as { logout: unknown }).logout,
      ]);
    });

    it('is not finished by the answer for a token that was replaced', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      const before = await claimOne(current());
      await inbox.finish(before, { state: 'ambiguous', reason: 'test' });
      await inbox.receiveListed([listed('1', 'fresh')]);
      expect(await logoutStore.applyLogout(before, 'm-1')).toEqual({ kind: 'claim-lost' });
      expect((await logoutStore.applyLogout(await claimOne(current()), 'm-1')).kind).toBe('applied');
    });

    it('is stored when no user has the Meveto ID', async () => {
      const job = await receiveAndClaim(current(), incoming('a'));
      const { inbox, logoutStore } = current().store;
      expect(await logoutStore.applyLogout(job, 'm-unknown')).toEqual({ kind: 'unknown-user' });
      expect(await summaryOf(current())).toMatchObject({ pending: 0, unknown_user: 1 });
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      expect((await inbox.receive([incoming('a')])).opened).toHaveLength(0);
    });

    it('does not replace a later one', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const later = await logOut(current(), 'a', 'm-1');
      await inbox.receiveListed([listed('1', 'b', later - HOUR_MS)]);
      expect(await logoutStore.applyLogout(await claimOne(current()), 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: later },
      });
      expect((await logoutStore.committedSince(0)).logouts).toEqual([{ userId: '1', loggedOutAt: later }]);
    });

    it('replaces an earlier one', async () => {
      await current().addUser(1, 'm-1');
      const earlier = await logOut(current(), 'a', 'm-1');
      await nextMillisecond(current());
      const later = await logOut(current(), 'b', 'm-1');
      expect(later).toBeGreaterThan(earlier);
      expect((await current().store.logoutStore.committedSince(0)).logouts).toEqual([
        { userId: '1', loggedOutAt: later },
      ]);
    });

    it('is not dated after its receipt, even if Meveto gives a time in the future', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      await inbox.receiveListed([listed('1', 'a', (await logoutStore.now()) + HOUR_MS)]);
      const job = await claimOne(current());
      await logoutStore.applyLogout(job, 'm-1');
      expect((await logoutStore.committedSince(0)).logouts).toEqual([
        { userId: '1', loggedOutAt: job.receivedAt },
      ]);
    });

    it('revokes the access tokens of the user that were issued at or before it, and no others', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const job = await receiveAndClaim(current(), incoming('a'));
      await current().addToken('before', 1, job.occurredAt - 1);
      await current().addToken('same-millisecond', 1, job.occurredAt);
      await current().addToken('after', 1, job.occurredAt + 1);
      await current().addToken('of-another', 2, job.occurredAt - 1);

      await current().store.logoutStore.applyLogout(job, 'm-1');
      expect(await current().liveTokens()).toEqual(['after', 'of-another']);
    });

    it('revokes the access tokens of the user without a time of issue', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      await current().addToken('undated', 1, null);
      await current().addToken('of-another', 2, null);
      await logOut(current(), 'a', 'm-1');
      expect(await current().liveTokens()).toEqual(['of-another']);
    });

    it('does not revoke tokens issued between an earlier logout and the later one that counts', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const now = await logoutStore.now();
      await current().addToken('young', 1, now - 1_000);
      await inbox.receiveListed([listed('1', 'a', now - HOUR_MS)]);
      await logoutStore.applyLogout(await claimOne(current()), 'm-1');
      expect(await current().liveTokens()).toEqual(['young']);
    });

    it.each(['unfinished', 'ambiguous', 'expired'] as const)(
      'is applied with a lost claim while the job is %s, because no other attempt can get the answer',
      async (meanwhile) => {
        await current().addUser(1, 'm-1');
        const { inbox, logoutStore } = current().store;
        const lost = await receiveAndClaim(current(), incoming('a'));
        await current().addToken('token', 1, lost.occurredAt - 1);
        await current().passTime(LEASE_MS);
        const other = await claimOne(current());
        if (meanwhile !== 'unfinished') await inbox.finish(other, { state: meanwhile, reason: 'test' });

        expect(await logoutStore.applyLogout(lost, 'm-1')).toMatchObject({ kind: 'applied' });
        expect(await current().liveTokens()).toEqual([]);
        expect(await summaryOf(current())).toMatchObject({
          pending: 0,
          ambiguous: 0,
          expired: 0,
          applied: 1,
        });
        expect(await logoutStore.applyLogout(other, 'm-2')).toEqual({ kind: 'claim-lost' });
        expect(await inbox.finish(other, { state: 'rejected', reason: 'test' })).toBe(false);
      },
    );

    it('writes nothing when the job is finished by another claim', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().addToken('token', 1, lost.occurredAt - 1);
      await current().passTime(LEASE_MS);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });

      expect(await logoutStore.applyLogout(lost, 'm-1')).toEqual({ kind: 'claim-lost' });
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      expect(await current().liveTokens()).toEqual(['token']);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1, applied: 0 });
    });

    it('is applied once, and returns the same outcome when repeated after a lost answer', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      const outcome = await logoutStore.applyLogout(job, 'm-1');
      expect(outcome.kind).toBe('applied');
      expect(await logoutStore.applyLogout(job, 'm-1')).toEqual(outcome);
      expect((await logoutStore.committedSince(0)).logouts).toHaveLength(1);
      expect(await logoutStore.applyLogout(job, 'm-2')).toEqual({ kind: 'claim-lost' });
      expect(await summaryOf(current())).toMatchObject({ applied: 1 });
    });

    it('returns the same outcome again when it found no user', async () => {
      const { logoutStore } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      for (let times = 0; times < 2; times += 1)
        expect(await logoutStore.applyLogout(job, 'm-1')).toEqual({ kind: 'unknown-user' });
      expect(await logoutStore.applyLogout(job, 'm-2')).toEqual({ kind: 'claim-lost' });
    });
  });
}
