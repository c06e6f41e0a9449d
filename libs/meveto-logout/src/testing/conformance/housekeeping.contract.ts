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
import type { Tests } from './tests.js';

const RETENTION = {
  finishedMs: 7 * DAY_MS,
  rejectedMs: DAY_MS,
  ambiguousMs: 30 * DAY_MS,
  invalidCount: 100,
  senderMs: 7 * DAY_MS,
};

export function housekeeping({ describe, expect, it }: Tests, current: Current): void {
  describe('summary', () => {
    it('counts all six states of an empty inbox', async () => {
      expect(await current().store.inbox.summary()).toEqual({
        jobs: { pending: 0, applied: 0, rejected: 0, unknown_user: 0, ambiguous: 0, expired: 0 },
        oldestPendingAgeMs: undefined,
      });
    });

    it('counts leased jobs as pending, and returns the age of the oldest one', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(MINUTE_MS);
      await receiveAndClaim(current(), incoming('b'));
      const { jobs, oldestPendingAgeMs } = await inbox.summary();
      expect(jobs.pending).toBe(2);
      expect(oldestPendingAgeMs).toBeGreaterThanOrEqual(MINUTE_MS);
      expect(oldestPendingAgeMs).toBeLessThan(MINUTE_MS * 2);
    });

    it('returns no age when every job is finished', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(job, { state: 'rejected', reason: 'test' });
      expect((await inbox.summary()).oldestPendingAgeMs).toBeUndefined();
    });
  });

  describe('expire', () => {
    it('finishes jobs older than their time to live, and no younger ones', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('old')]);
      await current().passTime(HOUR_MS);
      await inbox.receive([incoming('young')]);
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ pending: 1, expired: 1 });
      expect((await claimOne(current())).digest).toBe('digest-young');
    });

    it('returns the number of jobs with an attempt of unknown outcome', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('untried')]);
      const sent = await receiveAndClaim(current(), incoming('sent'));
      await inbox.release(sent, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      await inbox.release(await claimOne(current()), { delayMs: 0, maybeSent: false, reason: 'refused' });
      await current().passTime(HOUR_MS);
      const jobs = (await inbox.list({ state: 'pending', limit: 5 })).jobs;
      expect(jobs).toHaveLength(2);
      expect(await inbox.expire(HOUR_MS, 10)).toEqual({ count: 2, outcomeUnknownCount: 1 });
      const { jobs: expired } = await inbox.list({ state: 'expired', limit: 5 });
      expect(expired.map(({ finishedAt }) => finishedAt)).toEqual([expect.any(Number), expect.any(Number)]);
      expect(expired.map(({ reason }) => reason).sort()).toEqual([
        'time-to-live',
        'time-to-live-outcome-unknown',
      ]);
      expect(await inbox.expire(HOUR_MS, 10)).toEqual({ count: 0, outcomeUnknownCount: 0 });
    });

    it('keeps the reason of a job that waited for its key', async () => {
      const { inbox } = current().store;
      const unread = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(unread, { delayMs: 0, maybeSent: false, reason: 'key-missing' });
      await current().passTime(HOUR_MS);
      expect(await inbox.expire(HOUR_MS, 10)).toEqual({ count: 1, outcomeUnknownCount: 0 });
      expect((await inbox.list({ state: 'expired', limit: 2 })).jobs).toMatchObject([
        { reason: 'key-missing' },
      ]);
    });

    it('does not expire a leased job', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(HOUR_MS);
      const job = await claimOne(current());
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(0);
      expect(await inbox.finish(job, { state: 'rejected', reason: 'test' })).toBe(true);
    });

    it('invalidates the claim of a worker whose lease is over', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(HOUR_MS);
      expect((await inbox.expire(HOUR_MS, 10)).count).toBe(1);
      expect(await inbox.finish(lost, { state: 'rejected', reason: 'test' })).toBe(false);
    });

    it('does not change finished jobs, and stops at the limit', async () => {
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

  describe('purge', () => {
    it.each([
      ['expired', RETENTION.finishedMs],
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

    it('keeps up to invalidCount jobs with invalid tokens, the latest ones', async () => {
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
      expect((await inbox.receive(names.map((name) => incoming(name)))).opened).toHaveLength(2);
      const digests = ['first', 'second'].map((name) => `digest-${name}`);
      expect((await inbox.unfinished(digests)).sort()).toEqual(digests);
    });

    it('counts a job once that is too old and beyond invalidCount, and continues at the next run', async () => {
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

    it('deletes senders that were not confirmed within senderMs', async () => {
      const { inbox } = current().store;
      await current().addUser(1, 'm-1');
      const job = await receiveAndClaim(current(), { ...incoming('a'), sender: 'sender' });
      await current().store.logoutStore.applyLogout(job, 'm-1');
      await current().passTime(RETENTION.senderMs - HOUR_MS);
      await inbox.purge(RETENTION, 10);
      expect(await inbox.knownSenders(['sender'], 30 * DAY_MS)).toEqual(['sender']);
      await current().passTime(HOUR_MS);
      await inbox.purge(RETENTION, 10);
      expect(await inbox.knownSenders(['sender'], 30 * DAY_MS)).toEqual([]);
    });

    it('keeps a job while it is listed, and for its retention after that', async () => {
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

    it('keeps applied jobs as long as expired jobs', async () => {
      await current().addUser(1, 'm-1');
      await logOut(current(), 'a', 'm-1');
      await current().passTime(RETENTION.finishedMs - HOUR_MS);
      expect(await current().store.inbox.purge(RETENTION, 10)).toBe(0);
      await current().passTime(HOUR_MS);
      expect(await current().store.inbox.purge(RETENTION, 10)).toBe(1);
    });

    it('never deletes an unfinished job, and stops at the limit', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      for (const job of await inbox.claim(2, LEASE_MS)) {
        await inbox.finish(job, { state: 'rejected', reason: 'test' });
      }
      await current().passTime(30 * DAY_MS);
      expect(await inbox.purge(RETENTION, 1)).toBe(1);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(await inbox.purge(RETENTION, 10)).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1, rejected: 0 });
    });
  });

  it('forgetUntil deletes logouts at or before a time, and no later ones', async () => {
    await current().addUser(1, 'm-1');
    await current().addUser(2, 'm-2');
    const { logoutStore } = current().store;
    await logOut(current(), 'a', 'm-1');
    await current().passTime(HOUR_MS);
    const later = await logOut(current(), 'b', 'm-2');
    const earlier = (await logoutStore.committedSince(0)).logouts.find(({ userId }) => userId === '1');
    expect((await logoutStore.committedSince(0)).forgottenUntil).toBe(0);
    await logoutStore.forgetUntil(later - 1, 10);
    for (const since of [0, await logoutStore.now()])
      expect((await logoutStore.committedSince(since)).forgottenUntil).toBe(earlier?.loggedOutAt);
    expect((await logoutStore.committedSince(0)).logouts).toEqual([{ userId: '2', loggedOutAt: later }]);
    await logoutStore.forgetUntil(later, 10);
    expect(await logoutStore.committedSince(0)).toMatchObject({ logouts: [], forgottenUntil: later });
    // A process with a longer retention does not lower the stored time.
    await logoutStore.forgetUntil(later - DAY_MS, 10);
    expect((await logoutStore.committedSince(0)).forgottenUntil).toBe(later);
  });
}
