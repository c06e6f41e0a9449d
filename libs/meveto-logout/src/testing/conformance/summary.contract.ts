import { type Current, incoming, MINUTE_MS, receiveAndClaim } from './opened-store.js';
import type { Tests } from './tests.js';

export function summary({ describe, expect, it }: Tests, current: Current): void {
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
}
