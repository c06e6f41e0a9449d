import { claimOne, type Current, HOUR_MS, incoming, LEASE_MS, logOut } from './opened-store.js';
import type { Tests } from './tests.js';

export function committedLogouts({ describe, expect, it }: Tests, current: Current): void {
  describe('committedSince', () => {
    it('returns the logouts committed since the last read', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const { logoutStore } = current().store;
      const first = await logOut(current(), 'a', 'm-1');
      const look = await logoutStore.committedSince(0);
      expect(look.logouts).toEqual([{ userId: '1', loggedOutAt: first }]);

      const second = await logOut(current(), 'b', 'm-2');
      const next = await logoutStore.committedSince(look.asOf);
      expect(next.logouts).toContainEqual({ userId: '2', loggedOutAt: second });
      expect(next.asOf).toBeGreaterThanOrEqual(look.asOf);
    });

    it('selects by the time of the commit, so that a job received long ago is found', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      await inbox.receive([incoming('a')]);
      await current().passTime(HOUR_MS);
      const { asOf } = await logoutStore.committedSince(0);
      const job = await claimOne(current());
      await logoutStore.applyLogout(job, 'm-1');
      expect((await logoutStore.committedSince(asOf)).logouts).toEqual([
        { userId: '1', loggedOutAt: job.receivedAt },
      ]);
    });

    it('omits logouts committed long before', async () => {
      await current().addUser(1, 'm-1');
      const { logoutStore } = current().store;
      await logOut(current(), 'a', 'm-1');
      await current().passTime(HOUR_MS);
      expect((await logoutStore.committedSince(await logoutStore.now())).logouts).toEqual([]);
      expect((await logoutStore.committedSince(0)).logouts).toHaveLength(1);
    });

    it('misses none of many logouts that are committed concurrently', async () => {
      const { inbox, logoutStore } = current().store;
      const ids = Array.from({ length: 20 }, (_, index) => index + 1);
      for (const id of ids) await current().addUser(id, `m-${String(id)}`);
      await inbox.receive(ids.map((id) => incoming(String(id))));
      const jobs = await inbox.claim(20, LEASE_MS);
      const seen = new Set<string>();
      let { asOf } = await logoutStore.committedSince(0);
      const look = async () => {
        const since = await logoutStore.committedSince(asOf);
        for (const { userId } of since.logouts) seen.add(userId);
        asOf = since.asOf;
      };
      const applying = Promise.all(
        jobs.map((job, index) => logoutStore.applyLogout(job, `m-${String(index + 1)}`)),
      );
      for (let looks = 0; looks < 5; looks += 1) await look();
      await applying;
      await look();
      expect(seen.size).toBe(20);
    });
  });
}
