import { describe, expect, it } from '@jest/globals';
import {
  claimOne,
  type Current,
  DAY_MS,
  endAmbiguous,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  MINUTE_MS,
  receiveAndClaim,
  removal,
  summaryOf,
} from './opened-store.js';

/** What an operator sees and does. */
export function operating(current: Current): void {
  const onlyIn = async (state: 'ambiguous' | 'expired' | 'pending' | 'rejected' | 'applied') => {
    const { calls } = await current().store.inbox.list({ state, limit: 2 });
    const [call] = calls;
    if (call === undefined || calls.length > 1) throw new Error(`${String(calls.length)} calls are ${state}`);
    return call;
  };
  const expired = async (name: string) => {
    await current().store.inbox.receive([incoming(name)]);
    await current().passTime(DAY_MS);
    await current().store.inbox.expire(DAY_MS, 10);
  };

  describe('a list of calls', () => {
    it('shows what is known of a call, and nothing of its token', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), removal('abcdef'));
      await inbox.finish(call, { state: 'ambiguous', reason: 'why' });
      const shown = await onlyIn('ambiguous');
      expect(shown).toEqual({
        id: call.id,
        type: 'Meveto_Protection_Removed',
        state: 'ambiguous',
        reason: 'why',
        receivedAt: call.receivedAt,
        occurredAt: call.occurredAt,
        settledAt: expect.any(Number),
        attempts: 1,
        digestPrefix: 'digest-a',
      });
      expect(shown.settledAt).toBeGreaterThanOrEqual(call.receivedAt);
    });

    it('shows unfinished calls without an end or a reason', async () => {
      await current().store.inbox.receive([incoming('a')]);
      expect(await onlyIn('pending')).toMatchObject({ settledAt: undefined, reason: undefined, attempts: 0 });
    });

    it.each(['pending', 'ambiguous'] as const)(
      'of %s ones goes page by page, latest first, each once',
      async (state) => {
        const { inbox } = current().store;
        for (const names of [['a'], ['b'], ['c', 'd'], ['e']]) {
          // Of those that wait, two share their time: one is the last of a page, the other the first of the next.
          if (state === 'pending') await inbox.receive(names.map((name) => incoming(name)));
          else for (const name of names) await endAmbiguous(current(), name);
          await current().passTime(MINUTE_MS);
        }
        await inbox.receiveListed([listed('1', 'a')]);
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await inbox.list({ state, limit: 2, after });
          expect(page.calls.length).toBeLessThanOrEqual(2);
          seen.push(...page.calls.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        const all = await inbox.list({ state, limit: 10 });
        expect(all.next).toBeUndefined();
        expect(seen).toEqual(all.calls.map(({ id }) => id));
        expect(new Set(seen).size).toBe(state === 'pending' ? 5 : 4);
        const times = all.calls.map(({ receivedAt, settledAt }) => settledAt ?? receivedAt);
        expect(times).toEqual([...times].sort((a, b) => b - a));
      },
    );

    it('is empty when there are none', async () => {
      expect(await current().store.inbox.list({ state: 'expired', limit: 5 })).toEqual({
        calls: [],
        next: undefined,
      });
    });
  });

  describe('hurrying a call', () => {
    it('lets one be tried now that waits after a failed attempt', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(call, { delayMs: HOUR_MS, maybeSent: true, reason: 'timeout' });
      expect(await onlyIn('pending')).toMatchObject({ reason: 'timeout', attempts: 1 });
      expect(await inbox.hurry(call.id)).toBe(true);
      expect((await claimOne(current())).id).toBe(call.id);
    });

    it('leaves a call alone that somebody is at work on, and one that has ended', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(call, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      const again = await claimOne(current());
      expect(await inbox.hurry(call.id)).toBe(false);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await inbox.finish(again, { state: 'ambiguous', reason: 'test' });
      expect(await inbox.hurry(call.id)).toBe(false);
      expect(await inbox.hurry('nobody')).toBe(false);
    });

    it('leaves a call alone whose token is in the memory of a process, which tries it in its time', async () => {
      const { inbox } = current().store;
      const { held } = await inbox.receiveHeld([{ ...incoming('a'), sealed: undefined }], LEASE_MS);
      const [call] = held;
      if (call === undefined) throw new Error('it is not held');
      await inbox.release(call, { delayMs: HOUR_MS, maybeSent: false, reason: 'timeout' });
      expect(await inbox.hurry(call.id)).toBe(false);
    });
  });

  describe('discarding a call', () => {
    it.each(['ambiguous', 'expired'] as const)(
      'ends an %s one as rejected, with the reason',
      async (state) => {
        if (state === 'ambiguous') await endAmbiguous(current(), 'a');
        else await expired('a');
        const { inbox } = current().store;
        const { id } = await onlyIn(state);
        const endedAt = (await onlyIn(state)).settledAt ?? 0;
        await current().passTime(HOUR_MS);
        expect(await inbox.discard(id, 'operator: a test')).toBe(true);
        const discarded = await onlyIn('rejected');
        expect(discarded).toMatchObject({ id, reason: 'operator: a test' });
        expect(discarded.settledAt).toBeGreaterThanOrEqual(endedAt);
        expect(await inbox.discard(id, 'again')).toBe(false);
        expect(await inbox.receive([incoming('a')])).toBe(0);
      },
    );

    it('leaves every other call alone', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      expect(await inbox.discard(call.id, 'x')).toBe(false);
      await current().store.register.applyLogout(call, 'm-unknown');
      expect(await inbox.discard(call.id, 'x')).toBe(false);
      expect(await inbox.discard('nobody', 'x')).toBe(false);
      expect(await summaryOf(current())).toMatchObject({ unknown_user: 1, rejected: 0 });
    });
  });

  describe('resolving a call', () => {
    it.each(['ambiguous', 'expired'] as const)(
      'logs the user of an %s one out, as of its receipt',
      async (state) => {
        await current().addUser(1, 'm-1');
        const { register } = current().store;
        if (state === 'ambiguous') await endAmbiguous(current(), 'a');
        else await expired('a');
        const call = await onlyIn(state);
        await current().addToken('before', 1, call.occurredAt);
        await current().addToken('after', 1, call.occurredAt + 1);
        const told: unknown[] = [];
        const logout = { userId: '1', loggedOutAt: call.occurredAt };
        expect(await register.resolve(call.id, '1', (each) => told.push(each))).toEqual({
          kind: 'applied',
          logout,
        });
        expect(told).toEqual([logout]);
        expect(await current().liveTokens()).toEqual(['after']);
        expect((await register.committedSince(0)).logouts).toEqual([logout]);
        expect(await onlyIn('applied')).toMatchObject({ id: call.id, reason: 'operator' });
        expect(await register.resolve(call.id, '1')).toEqual({ kind: 'claim-lost' });
      },
    );

    it('clears the Meveto ID for a removal, and logs nobody out', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      const call = await receiveAndClaim(current(), removal('a'));
      await inbox.finish(call, { state: 'ambiguous', reason: 'test' });
      expect(await register.resolve(call.id, '1')).toEqual({ kind: 'unlinked', userId: '1' });
      expect(await current().mevetoIdOf(1)).toBeNull();
      expect((await register.committedSince(0)).logouts).toEqual([]);
    });

    it.each(['2', 'nobody', '99999999999999999999'])(
      'changes nothing for user %s, who is not there',
      async (userId) => {
        await current().addUser(1, 'm-1');
        await endAmbiguous(current(), 'a');
        const { id } = await onlyIn('ambiguous');
        expect(await current().store.register.resolve(id, userId)).toEqual({ kind: 'unknown-user' });
        expect(await summaryOf(current())).toMatchObject({ ambiguous: 1, applied: 0 });
      },
    );

    it('leaves every other call alone', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      expect(await register.resolve(call.id, '1')).toEqual({ kind: 'claim-lost' });
      await inbox.finish(call, { state: 'rejected', reason: 'test' });
      expect(await register.resolve(call.id, '1')).toEqual({ kind: 'claim-lost' });
      expect(await register.resolve('nobody', '1')).toEqual({ kind: 'claim-lost' });
      expect((await register.committedSince(0)).logouts).toEqual([]);
    });

    it('is final: an answer that comes late counts no more', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const { inbox, register } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(call, { state: 'ambiguous', reason: 'test' });
      await register.resolve(call.id, '1');
      expect(await register.applyLogout(call, 'm-2')).toEqual({ kind: 'claim-lost' });
      expect((await register.committedSince(0)).logouts).toHaveLength(1);
    });
  });
}
