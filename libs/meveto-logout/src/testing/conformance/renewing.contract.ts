import { claimOne, type Current, incoming, LEASE_MS, receiveAndClaim } from './opened-store.js';
import type { Tests } from './tests.js';

export function renewing({ describe, expect, it }: Tests, current: Current): void {
  describe('renew', () => {
    it('extends the leases of several claims at once', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      const [a, b] = await inbox.claim(2, LEASE_MS);
      const c = await claimOne(current(), LEASE_MS);
      await current().passTime(LEASE_MS * 0.75);
      expect(
        (
          await inbox.renew(
            [a, b].flatMap((job) => job ?? []),
            LEASE_MS,
          )
        ).sort(),
      ).toEqual([a?.id, b?.id].sort());
      await current().passTime(LEASE_MS * 0.75);
      expect((await inbox.claim(3, LEASE_MS)).map(({ id }) => id)).toEqual([c.id]);
      expect(await inbox.renew([], LEASE_MS)).toEqual([]);
    });

    it('skips a lost claim, and returns only the renewed ones', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const other = await claimOne(current());
      const finished = await receiveAndClaim(current(), incoming('b'));
      await inbox.finish(finished, { state: 'rejected', reason: 'test' });
      const kept = await receiveAndClaim(current(), incoming('c'));
      expect(await inbox.renew([lost, finished, kept], LEASE_MS * 10)).toEqual([kept.id]);
      await current().passTime(LEASE_MS);
      expect((await claimOne(current())).id).toBe(other.id);
    });

    it('renews a claim after the end of its lease if no other worker has claimed the job', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS * 3);
      expect(await inbox.renew([job], LEASE_MS)).toEqual([job.id]);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
    });

    it('renews 200 claims', async () => {
      const { inbox } = current().store;
      await inbox.receive(Array.from({ length: 200 }, (_, index) => incoming(String(index))));
      const jobs = await inbox.claim(200, LEASE_MS);
      expect(await inbox.renew(jobs, LEASE_MS)).toHaveLength(200);
    });
  });
}
