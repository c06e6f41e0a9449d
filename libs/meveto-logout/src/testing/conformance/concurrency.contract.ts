import { type Current, incoming, LEASE_MS, listed, receiveAndClaim, summaryOf } from './opened-store.js';
import type { Tests } from './tests.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => String(index));

export function concurrency({ describe, expect, it }: Tests, current: Current): void {
  describe('concurrent operations', () => {
    it('never lease a job to two workers', async () => {
      const { inbox } = current().store;
      await inbox.receive(names(40).map((name) => incoming(name)));
      const claimed = await Promise.all(names(4).map(() => inbox.claim(15, LEASE_MS)));
      claimed.push(await inbox.claim(40, LEASE_MS));
      const ids = claimed.flat().map(({ id }) => id);
      expect(ids).toHaveLength(40);
      expect(new Set(ids).size).toBe(40);
    });

    it('store a job once that is received several times', async () => {
      const { inbox } = current().store;
      const batches = [names(5), names(5).reverse(), names(8), names(8).reverse()];
      const stored = await Promise.all(
        batches.map((batch) => inbox.receive(batch.map((name) => incoming(name)))),
      );
      expect(stored.flatMap(({ opened }) => opened).sort()).toEqual(
        names(8)
          .map((name) => `digest-${name}`)
          .sort(),
      );
      expect(await summaryOf(current())).toMatchObject({ pending: 8 });
    });

    it('store a job once that is received and listed', async () => {
      const { inbox } = current().store;
      await Promise.all([
        inbox.receive(names(8).map((name) => incoming(name))),
        inbox.receiveListed(
          names(8)
            .reverse()
            .map((name) => listed(`id-${name}`, name)),
        ),
      ]);
      expect(await summaryOf(current())).toMatchObject({ pending: 8 });
    });

    it('keep the latest of several logouts of one user', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const now = await logoutStore.now();
      await inbox.receiveListed(names(6).map((name) => listed(name, name, now - Number(name) * 1_000)));
      const jobs = await inbox.claim(6, LEASE_MS);
      const outcomes = await Promise.all(jobs.map((job) => logoutStore.applyLogout(job, 'm-1')));

      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(6).fill('applied'));
      expect((await logoutStore.committedSince(0)).logouts).toEqual([{ userId: '1', loggedOutAt: now }]);
    });

    it('apply a job once that is processed twice', async () => {
      await current().addUser(1, 'm-1');
      const job = await receiveAndClaim(current(), incoming('a'));
      const { logoutStore } = current().store;
      const outcomes = await Promise.all([
        logoutStore.applyLogout(job, 'm-1'),
        logoutStore.applyLogout(job, 'm-1'),
      ]);
      // With the same claim, a repetition after a lost answer gets the outcome.
      expect(outcomes).toEqual([outcomes[0], outcomes[0]]);
      expect(outcomes[0].kind).toBe('applied');
      expect((await logoutStore.committedSince(0)).logouts).toHaveLength(1);
      expect(await summaryOf(current())).toMatchObject({ applied: 1 });
    });

    it('give a lease to one of many holders', async () => {
      const { lease } = current().store;
      const taken = await Promise.all(names(6).map((name) => lease.take('poll', name, LEASE_MS)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });
  });
}
