import {
  claimOne,
  countsOf,
  type Current,
  HOUR_MS,
  incoming,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

export function expiring({ describe, expect, it }: Tests, current: Current): void {
  describe('expire', () => {
    it('finishes jobs older than their time to live, and no younger ones', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('old')]);
      await current().passTime(HOUR_MS);
      await inbox.receive([incoming('young')]);
      const { ids, agesMs } = await inbox.expire(HOUR_MS, 10);
      expect([ids.length, agesMs.length]).toEqual([1, 1]);
      expect(agesMs[0]).toBeGreaterThanOrEqual(HOUR_MS);
      expect(agesMs[0]).toBeLessThan(2 * HOUR_MS);
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
      expect(countsOf(await inbox.expire(HOUR_MS, 10))).toEqual({
        count: 2,
        outcomeUnknownCount: 1,
        unknownKindCount: 0,
      });
      const { jobs: expired } = await inbox.list({ state: 'expired', limit: 5 });
      expect(expired.map(({ finishedAt }) => finishedAt)).toEqual([expect.any(Number), expect.any(Number)]);
      expect(expired.map(({ reason }) => reason).sort()).toEqual([
        'time-to-live',
        'time-to-live-outcome-unknown',
      ]);
      expect(countsOf(await inbox.expire(HOUR_MS, 10))).toEqual({
        count: 0,
        outcomeUnknownCount: 0,
        unknownKindCount: 0,
      });
    });

    it('keeps the reason of a job that waited for its key', async () => {
      const { inbox } = current().store;
      const unread = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(unread, { delayMs: 0, maybeSent: false, reason: 'key-missing' });
      await current().passTime(HOUR_MS);
      expect(countsOf(await inbox.expire(HOUR_MS, 10))).toEqual({
        count: 1,
        outcomeUnknownCount: 0,
        unknownKindCount: 0,
      });
      expect((await inbox.list({ state: 'expired', limit: 2 })).jobs).toMatchObject([
        { reason: 'key-missing' },
      ]);
    });

    it('does not expire a leased job', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(HOUR_MS);
      const job = await claimOne(current());
      expect(countsOf(await inbox.expire(HOUR_MS, 10)).count).toBe(0);
      expect(await inbox.finish(job, { state: 'rejected', reason: 'test' })).toBe(true);
    });

    it('invalidates the claim of a worker whose lease is over', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(HOUR_MS);
      expect(countsOf(await inbox.expire(HOUR_MS, 10)).count).toBe(1);
      expect(await inbox.finish(lost, { state: 'rejected', reason: 'test' })).toBe(false);
    });

    it('does not change finished jobs, and stops at the limit', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      await current().passTime(HOUR_MS);
      expect((await inbox.expire(HOUR_MS, 1)).ids).toHaveLength(1);
      expect(countsOf(await inbox.expire(HOUR_MS, 10)).count).toBe(1);
      expect(countsOf(await inbox.expire(HOUR_MS, 10)).count).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1, expired: 2 });
    });
  });
}
