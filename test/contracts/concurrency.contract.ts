import { describe, expect, it } from '@jest/globals';
import { type Current, incoming, LEASE_MS, listed, receiveAndClaim, summaryOf } from './opened-store.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => String(index));

export function concurrency(current: Current): void {
  describe('at the same time', () => {
    it('gives no call to two workers', async () => {
      const { inbox } = current().store;
      await inbox.receive(names(40).map((name) => incoming(name)));
      const claimed = await Promise.all(names(4).map(() => inbox.claim(15, LEASE_MS)));
      claimed.push(await inbox.claim(40, LEASE_MS));
      const ids = claimed.flat().map(({ id }) => id);
      expect(ids).toHaveLength(40);
      expect(new Set(ids).size).toBe(40);
    });

    it('stores a call once that comes several times', async () => {
      const { inbox } = current().store;
      const batches = [names(5), names(5).reverse(), names(8), names(8).reverse()];
      const stored = await Promise.all(
        batches.map((batch) => inbox.receive(batch.map((name) => incoming(name)))),
      );
      expect(stored.reduce((sum, count) => sum + count)).toBe(8);
      expect(await summaryOf(current())).toMatchObject({ pending: 8 });
    });

    it('stores a call once that is pushed and listed', async () => {
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

    it('keeps the latest of several logouts of one user', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      const now = await register.now();
      await inbox.receiveListed(names(6).map((name) => listed(name, name, now - Number(name) * 1_000)));
      const calls = await inbox.claim(6, LEASE_MS);
      const outcomes = await Promise.all(calls.map((call) => register.applyLogout(call, 'm-1')));

      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(6).fill('applied'));
      expect((await register.committedSince(0)).logouts).toEqual([{ userId: '1', loggedOutAt: now }]);
    });

    it('applies a call once that is worked on twice', async () => {
      await current().addUser(1, 'm-1');
      const call = await receiveAndClaim(current(), incoming('a'));
      const { register } = current().store;
      const outcomes = await Promise.all([
        register.applyLogout(call, 'm-1'),
        register.applyLogout(call, 'm-1'),
      ]);
      // The same claim: whoever was not answered hears what came of it.
      expect(outcomes).toEqual([outcomes[0], outcomes[0]]);
      expect(outcomes[0].kind).toBe('applied');
      expect((await register.committedSince(0)).logouts).toHaveLength(1);
      expect(await summaryOf(current())).toMatchObject({ applied: 1 });
    });

    it('gives a lease to one of many', async () => {
      const { lease } = current().store;
      const taken = await Promise.all(names(6).map((name) => lease.take('poll', name, LEASE_MS)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });
  });
}
