import { describe, expect, it } from '@jest/globals';
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

export function loggingOut(current: Current): void {
  describe('a logout', () => {
    it('counts from the first receipt, not from when it is worked on', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(HOUR_MS);
      const call = await claimOne(current());

      expect(await register.applyLogout(call, 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: call.receivedAt },
      });
      expect(call.receivedAt).toBeLessThanOrEqual((await register.now()) - HOUR_MS);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, applied: 1 });
    });

    it('is told before its commit: whoever cannot be told stops it', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      const told: unknown[] = [];
      const deaf = Promise.resolve().then(() =>
        register.applyLogout(call, 'm-1', (logout) => {
          told.push(logout);
          throw new Error('not now');
        }),
      );
      await expect(deaf).rejects.toThrow();
      expect((await register.committedSince(0)).logouts).toEqual([]);
      const outcome = await register.applyLogout(call, 'm-1', (logout) => told.push(logout));
      expect(outcome.kind).toBe('applied');
      expect(told).toEqual([
        (outcome as { logout: unknown }).logout,
        (outcome as { logout: unknown }).logout,
      ]);
    });

    it('is not ended by the answer for a token that another one has taken the place of', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      const before = await claimOne(current());
      await inbox.finish(before, { state: 'ambiguous', reason: 'test' });
      await inbox.receiveListed([listed('1', 'fresh')]);
      expect(await register.applyLogout(before, 'm-1')).toEqual({ kind: 'claim-lost' });
      expect((await register.applyLogout(await claimOne(current()), 'm-1')).kind).toBe('applied');
    });

    it('of a person without a user is kept as a fact', async () => {
      const call = await receiveAndClaim(current(), incoming('a'));
      const { inbox, register } = current().store;
      expect(await register.applyLogout(call, 'm-unknown')).toEqual({ kind: 'unknown-user' });
      expect(await summaryOf(current())).toMatchObject({ pending: 0, unknown_user: 1 });
      expect((await register.committedSince(0)).logouts).toEqual([]);
      expect(await inbox.receive([incoming('a')])).toBe(0);
    });

    it('never takes back a later one', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      const later = await logOut(current(), 'a', 'm-1');
      await inbox.receiveListed([listed('1', 'b', later - HOUR_MS)]);
      expect(await register.applyLogout(await claimOne(current()), 'm-1')).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: later },
      });
      expect((await register.committedSince(0)).logouts).toEqual([{ userId: '1', loggedOutAt: later }]);
    });

    it('replaces an earlier one', async () => {
      await current().addUser(1, 'm-1');
      const earlier = await logOut(current(), 'a', 'm-1');
      await nextMillisecond(current());
      const later = await logOut(current(), 'b', 'm-1');
      expect(later).toBeGreaterThan(earlier);
      expect((await current().store.register.committedSince(0)).logouts).toEqual([
        { userId: '1', loggedOutAt: later },
      ]);
    });

    it('is not dated after its receipt, even if Meveto dates it in the future', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      await inbox.receiveListed([listed('1', 'a', (await register.now()) + HOUR_MS)]);
      const call = await claimOne(current());
      await register.applyLogout(call, 'm-1');
      expect((await register.committedSince(0)).logouts).toEqual([
        { userId: '1', loggedOutAt: call.receivedAt },
      ]);
    });

    it('revokes the access tokens of the user that were issued at or before it, and no others', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const call = await receiveAndClaim(current(), incoming('a'));
      await current().addToken('before', 1, call.occurredAt - 1);
      await current().addToken('same-millisecond', 1, call.occurredAt);
      await current().addToken('after', 1, call.occurredAt + 1);
      await current().addToken('of-another', 2, call.occurredAt - 1);

      await current().store.register.applyLogout(call, 'm-1');
      expect(await current().liveTokens()).toEqual(['after', 'of-another']);
    });

    it('leaves tokens alone that were issued between an earlier logout and the one that counts', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      const now = await register.now();
      await current().addToken('young', 1, now - 1_000);
      await inbox.receiveListed([listed('1', 'a', now - HOUR_MS)]);
      await register.applyLogout(await claimOne(current()), 'm-1');
      expect(await current().liveTokens()).toEqual(['young']);
    });

    it.each(['unfinished', 'ambiguous', 'expired'] as const)(
      'counts although its claim was lost, while the call is %s: nobody else can have the answer',
      async (meanwhile) => {
        await current().addUser(1, 'm-1');
        const { inbox, register } = current().store;
        const lost = await receiveAndClaim(current(), incoming('a'));
        await current().addToken('token', 1, lost.occurredAt - 1);
        await current().passTime(LEASE_MS);
        const other = await claimOne(current());
        if (meanwhile !== 'unfinished') await inbox.finish(other, { state: meanwhile, reason: 'test' });

        expect(await register.applyLogout(lost, 'm-1')).toMatchObject({ kind: 'applied' });
        expect(await current().liveTokens()).toEqual([]);
        expect(await summaryOf(current())).toMatchObject({
          pending: 0,
          ambiguous: 0,
          expired: 0,
          applied: 1,
        });
        expect(await register.applyLogout(other, 'm-2')).toEqual({ kind: 'claim-lost' });
        expect(await inbox.finish(other, { state: 'rejected', reason: 'test' })).toBe(false);
      },
    );

    it('writes nothing once somebody else has ended the call', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().addToken('token', 1, lost.occurredAt - 1);
      await current().passTime(LEASE_MS);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });

      expect(await register.applyLogout(lost, 'm-1')).toEqual({ kind: 'claim-lost' });
      expect((await register.committedSince(0)).logouts).toEqual([]);
      expect(await current().liveTokens()).toEqual(['token']);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1, applied: 0 });
    });

    it('is applied once, and says the same again to one whose commit was not answered', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      const outcome = await register.applyLogout(call, 'm-1');
      expect(outcome.kind).toBe('applied');
      expect(await register.applyLogout(call, 'm-1')).toEqual(outcome);
      expect((await register.committedSince(0)).logouts).toHaveLength(1);
      expect(await register.applyLogout(call, 'm-2')).toEqual({ kind: 'claim-lost' });
      expect(await summaryOf(current())).toMatchObject({ applied: 1 });
    });

    it('that found no user says the same again, too', async () => {
      const { register } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      for (let times = 0; times < 2; times += 1)
        expect(await register.applyLogout(call, 'm-1')).toEqual({ kind: 'unknown-user' });
      expect(await register.applyLogout(call, 'm-2')).toEqual({ kind: 'claim-lost' });
    });
  });

  describe('looking for logouts', () => {
    it('finds what was committed since the last look', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const { register } = current().store;
      const first = await logOut(current(), 'a', 'm-1');
      const look = await register.committedSince(0);
      expect(look.logouts).toEqual([{ userId: '1', loggedOutAt: first }]);

      const second = await logOut(current(), 'b', 'm-2');
      const next = await register.committedSince(look.asOf);
      expect(next.logouts).toContainEqual({ userId: '2', loggedOutAt: second });
      expect(next.asOf).toBeGreaterThanOrEqual(look.asOf);
    });

    it('goes by the time of the commit: a call received long ago is found', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(HOUR_MS);
      const { asOf } = await register.committedSince(0);
      const call = await claimOne(current());
      await register.applyLogout(call, 'm-1');
      expect((await register.committedSince(asOf)).logouts).toEqual([
        { userId: '1', loggedOutAt: call.receivedAt },
      ]);
    });

    it('leaves out what was committed long before', async () => {
      await current().addUser(1, 'm-1');
      const { register } = current().store;
      await logOut(current(), 'a', 'm-1');
      await current().passTime(HOUR_MS);
      expect((await register.committedSince(await register.now())).logouts).toEqual([]);
      expect((await register.committedSince(0)).logouts).toHaveLength(1);
    });

    it('loses none of many that are committed while it looks', async () => {
      const { inbox, register } = current().store;
      const ids = Array.from({ length: 20 }, (_, index) => index + 1);
      for (const id of ids) await current().addUser(id, `m-${String(id)}`);
      await inbox.receive(ids.map((id) => incoming(String(id))));
      const calls = await inbox.claim(20, LEASE_MS);
      const seen = new Set<string>();
      let { asOf } = await register.committedSince(0);
      const look = async () => {
        const since = await register.committedSince(asOf);
        for (const { userId } of since.logouts) seen.add(userId);
        asOf = since.asOf;
      };
      const applying = Promise.all(
        calls.map((call, index) => register.applyLogout(call, `m-${String(index + 1)}`)),
      );
      for (let looks = 0; looks < 5; looks += 1) await look();
      await applying;
      await look();
      expect(seen.size).toBe(20);
    });
  });
}
