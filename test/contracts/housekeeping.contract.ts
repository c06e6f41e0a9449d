import { describe, expect, it } from '@jest/globals';
import {
  claimOne,
  type Current,
  DAY_MS,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  MINUTE_MS,
  openedBy,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';

const RETENTION = {
  endedMs: 7 * DAY_MS,
  rejectedMs: DAY_MS,
  ambiguousMs: 30 * DAY_MS,
  invalidCount: 100,
  senderMs: 7 * DAY_MS,
};

export function housekeeping(current: Current): void {
  describe('the summary', () => {
    it('names all six states of an empty inbox', async () => {
      expect(await current().store.inbox.summary()).toEqual({
        calls: { pending: 0, applied: 0, rejected: 0, unknown_user: 0, ambiguous: 0, expired: 0 },
        oldestPendingAgeMs: undefined,
      });
    });

    it('counts claimed calls as pending, and tells the age of the oldest', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(MINUTE_MS);
      await receiveAndClaim(current(), incoming('b'));
      const { calls, oldestPendingAgeMs } = await inbox.summary();
      expect(calls.pending).toBe(2);
      expect(oldestPendingAgeMs).toBeGreaterThanOrEqual(MINUTE_MS);
      expect(oldestPendingAgeMs).toBeLessThan(MINUTE_MS * 2);
    });

    it('tells no age when every call has ended', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(call, { state: 'rejected', reason: 'test' });
      expect((await inbox.summary()).oldestPendingAgeMs).toBeUndefined();
    });
  });

  describe('expiring calls', () => {
    it('ends calls older than their time to live, and no younger ones', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('old')]);
      await current().passTime(HOUR_MS);
      await inbox.receive([incoming('young')]);
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ pending: 1, expired: 1 });
      expect((await claimOne(current())).digest).toBe('digest-young');
    });

    it('tells how many had an attempt whose outcome nobody knows', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('untried')]);
      const sent = await receiveAndClaim(current(), incoming('sent'));
      await inbox.release(sent, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      await inbox.release(await claimOne(current()), { delayMs: 0, maybeSent: false, reason: 'refused' });
      await current().passTime(HOUR_MS);
      const calls = (await inbox.list({ state: 'pending', limit: 5 })).calls;
      expect(calls).toHaveLength(2);
      expect(await inbox.expire(HOUR_MS, 10)).toEqual({ count: 2, outcomeUnknownCount: 1 });
      const { calls: expired } = await inbox.list({ state: 'expired', limit: 5 });
      expect(expired.map(({ settledAt }) => settledAt)).toEqual([expect.any(Number), expect.any(Number)]);
      expect(expired.map(({ reason }) => reason).sort()).toEqual([
        'time-to-live',
        'time-to-live-outcome-unknown',
      ]);
      expect(await inbox.expire(HOUR_MS, 10)).toEqual({ count: 0, outcomeUnknownCount: 0 });
    });

    it('tells of one that waited for its key', async () => {
      const { inbox } = current().store;
      const unread = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(unread, { delayMs: 0, maybeSent: false, reason: 'key-missing' });
      await current().passTime(HOUR_MS);
      expect(await inbox.expire(HOUR_MS, 10)).toEqual({ count: 1, outcomeUnknownCount: 0 });
      expect((await inbox.list({ state: 'expired', limit: 2 })).calls).toMatchObject([
        { reason: 'key-missing' },
      ]);
    });

    it('leaves a call alone that somebody is working on', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(HOUR_MS);
      const call = await claimOne(current());
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(0);
      expect(await inbox.finish(call, { state: 'rejected', reason: 'test' })).toBe(true);
    });

    it('takes the claim from a worker that lost its lease', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(HOUR_MS);
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(1);
      expect(await inbox.finish(lost, { state: 'rejected', reason: 'test' })).toBe(false);
    });

    it('leaves ended calls as they are, and goes in steps', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      await current().passTime(HOUR_MS);
      expect((await inbox.expire(HOUR_MS, 1)).count).toBe(1);
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(1);
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1, expired: 2 });
    });
  });

  describe('purging calls', () => {
    it.each([
      ['expired', RETENTION.endedMs],
      ['rejected', RETENTION.rejectedMs],
      ['ambiguous', RETENTION.ambiguousMs],
    ] as const)('keeps %s ones for their retention', async (state, keepMs) => {
      const { inbox } = current().store;
      await inbox.finish(await receiveAndClaim(current(), incoming('a')), { state, reason: 'test' });
      await current().passTime(keepMs - HOUR_MS);
      expect(await inbox.purge(RETENTION, 10)).toBe(0);
      await current().passTime(HOUR_MS);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ [state]: 0 });
    });

    it('keeps no more than so many of those that Meveto called bad, the latest', async () => {
      const { inbox } = current().store;
      const few = { ...RETENTION, invalidCount: 3 };
      for (const [name, reason] of [
        ['discarded', 'operator: test'],
        ['listed', 'invalid-token'],
        ['first', 'invalid-token'],
        ['second', 'invalid-token'],
        ['third', 'invalid-token'],
        ['fourth', 'invalid-token'],
        ['fifth', 'invalid-token'],
      ] as const) {
        if (name === 'listed') await inbox.receiveListed([listed('1', name)]);
        else await inbox.receive([incoming(name)]);
        await inbox.finish(await claimOne(current()), { state: 'rejected', reason });
        await current().passTime(1_000);
      }
      expect(await inbox.purge(few, 1)).toBe(1);
      expect(await inbox.purge(few, 10)).toBe(1);
      expect(await inbox.purge(few, 10)).toBe(0);
      const names = ['discarded', 'listed', 'first', 'second', 'third', 'fourth', 'fifth'];
      expect(await inbox.receive(names.map((name) => incoming(name)))).toBe(2);
      const digests = ['first', 'second'].map((name) => `digest-${name}`);
      expect((await inbox.unfinished(digests)).sort()).toEqual(digests);
    });

    it('counts each once that is too old, too, and goes on with those beyond the number', async () => {
      const { inbox } = current().store;
      const end = async (name: string): Promise<void> => {
        await inbox.finish(await receiveAndClaim(current(), incoming(name)), {
          state: 'rejected',
          reason: 'invalid-token',
        });
        await current().passTime(1_000);
      };
      for (const name of ['old', 'older']) await end(name);
      await current().passTime(RETENTION.rejectedMs);
      for (const name of ['first', 'second', 'third', 'fourth']) await end(name);
      expect(await inbox.purge({ ...RETENTION, invalidCount: 1 }, 4)).toBe(4);
      expect(await inbox.purge({ ...RETENTION, invalidCount: 1 }, 4)).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1 });
    });

    it('forgets senders that no call was confirmed of for long', async () => {
      const { inbox } = current().store;
      await current().addUser(1, 'm-1');
      const call = await receiveAndClaim(current(), { ...incoming('a'), sender: 'sender' });
      await current().store.register.applyLogout(call, 'm-1');
      await current().passTime(RETENTION.senderMs - HOUR_MS);
      await inbox.purge(RETENTION, 10);
      expect(await inbox.confirmedSenders(['sender'], 30 * DAY_MS)).toEqual(['sender']);
      await current().passTime(HOUR_MS);
      await inbox.purge(RETENTION, 10);
      expect(await inbox.confirmedSenders(['sender'], 30 * DAY_MS)).toEqual([]);
    });

    it('keeps what the pending list goes on naming, and for its retention after that', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      await inbox.finish(await receiveAndClaim(current(), incoming('b')), {
        state: 'rejected',
        reason: 'test',
      });
      await current().passTime(RETENTION.rejectedMs);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      await current().passTime(RETENTION.rejectedMs);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ rejected: 0, pending: 0 });
    });

    it('keeps applied ones as long as expired ones', async () => {
      await current().addUser(1, 'm-1');
      await logOut(current(), 'a', 'm-1');
      await current().passTime(RETENTION.endedMs - HOUR_MS);
      expect(await current().store.inbox.purge(RETENTION, 10)).toBe(0);
      await current().passTime(HOUR_MS);
      expect(await current().store.inbox.purge(RETENTION, 10)).toBe(1);
    });

    it('never deletes an unfinished call, and goes in steps', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      for (const call of await inbox.claim(2, LEASE_MS)) {
        await inbox.finish(call, { state: 'rejected', reason: 'test' });
      }
      await current().passTime(30 * DAY_MS);
      expect(await inbox.purge(RETENTION, 1)).toBe(1);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(await inbox.purge(RETENTION, 10)).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1, rejected: 0 });
    });
  });

  it('forgets logouts at or before a time, and no later ones', async () => {
    await current().addUser(1, 'm-1');
    await current().addUser(2, 'm-2');
    const { register } = current().store;
    await logOut(current(), 'a', 'm-1');
    await current().passTime(HOUR_MS);
    const later = await logOut(current(), 'b', 'm-2');
    const earlier = (await register.committedSince(0)).logouts.find(({ userId }) => userId === '1');
    expect((await register.committedSince(0)).forgottenUntil).toBe(0);
    await register.forgetUntil(later - 1, 10);
    for (const since of [0, await register.now()])
      expect((await register.committedSince(since)).forgottenUntil).toBe(earlier?.loggedOutAt);
    expect((await register.committedSince(0)).logouts).toEqual([{ userId: '2', loggedOutAt: later }]);
    await register.forgetUntil(later, 10);
    expect(await register.committedSince(0)).toMatchObject({ logouts: [], forgottenUntil: later });
    // Whoever remembers for longer takes nothing of that back.
    await register.forgetUntil(later - DAY_MS, 10);
    expect((await register.committedSince(0)).forgottenUntil).toBe(later);
  });
}
