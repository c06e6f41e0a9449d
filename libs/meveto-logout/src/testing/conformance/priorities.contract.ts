import type { Priority } from '../../store/index.js';
import {
  claimOne,
  type Current,
  DAY_MS,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  MINUTE_MS,
} from './opened-store.js';
import type { Tests } from './tests.js';

const ofPriority = (name: string, priority: Priority, sender?: string) => ({
  ...incoming(name),
  priority,
  sender,
});
const namesOf = (jobs: readonly { readonly digest: string }[]) => jobs.map(({ digest }) => digest.slice(7));

export function priorities({ describe, expect, it }: Tests, current: Current): void {
  describe('a priority', () => {
    it('decides the order of claims, not the time of receipt', async () => {
      const { inbox } = current().store;
      await inbox.receive([ofPriority('s1', 'unknown')]);
      await inbox.receive([ofPriority('c1', 'known')]);
      await inbox.receiveListed([{ ...listed('wh-1', 'l1'), priority: 'listed' }]);
      await inbox.receive([ofPriority('s2', 'unknown')]);
      expect(namesOf(await inbox.claim(1, LEASE_MS))).toEqual(['l1']);
      expect(namesOf(await inbox.claim(1, LEASE_MS))).toEqual(['c1']);
      expect(namesOf(await inbox.claim(10, LEASE_MS)).sort()).toEqual(['s1', 's2']);
    });

    it('puts the job first that has been due for the longest time', async () => {
      const { inbox } = current().store;
      for (const name of ['a', 'b', 'c']) {
        await inbox.receive([ofPriority(name, 'known')]);
        await current().passTime(MINUTE_MS);
      }
      const [first] = await inbox.claim(1, LEASE_MS);
      if (first === undefined) throw new Error('nothing to claim');
      expect(namesOf([first])).toEqual(['a']);
      // The delay of a ends after the receipt of b and c, and before the receipt of d.
      await inbox.release(first, { delayMs: MINUTE_MS, maybeSent: true, reason: 'timeout' });
      await current().passTime(2 * MINUTE_MS);
      await inbox.receive([ofPriority('d', 'known')]);
      const inOrder: string[] = [];
      for (let count = 0; count < 4; count += 1) inOrder.push(...namesOf(await inbox.claim(1, LEASE_MS)));
      expect(inOrder).toEqual(['b', 'c', 'a', 'd']);
    });

    it('limits the jobs of unknown senders to the requested number', async () => {
      const { inbox } = current().store;
      await inbox.receive([
        ofPriority('s1', 'unknown'),
        ofPriority('s2', 'unknown'),
        ofPriority('c1', 'known'),
      ]);
      const jobs = await inbox.claim(10, LEASE_MS, [], 1);
      expect(jobs.map(({ priority }) => priority)).toEqual(['known', 'unknown']);
      expect(await inbox.claim(10, LEASE_MS, [], 0)).toEqual([]);
      expect(await inbox.claim(10, LEASE_MS)).toHaveLength(1);
    });

    it('is counted while its jobs wait', async () => {
      const { inbox } = current().store;
      await inbox.receive([
        ofPriority('s1', 'unknown'),
        ofPriority('s2', 'unknown'),
        ofPriority('c1', 'known'),
      ]);
      await inbox.receiveListed([{ ...listed('wh-1', 'l1'), priority: 'listed' }]);
      expect(await inbox.waitingByPriority()).toEqual({ listed: 1, known: 1, unknown: 2 });
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      expect(await inbox.waitingByPriority()).toEqual({ listed: 0, known: 1, unknown: 2 });
    });
  });

  describe('a sender', () => {
    it.each(['a user of the application', 'an unknown user'])(
      'is confirmed when Meveto names %s',
      async (who) => {
        await current().addUser(1, 'm-1');
        const { inbox, logoutStore } = current().store;
        await inbox.receive([ofPriority('a', 'unknown', 'sender-1')]);
        expect(await inbox.knownSenders(['sender-1'], HOUR_MS)).toEqual([]);
        await logoutStore.applyLogout(await claimOne(current()), who === 'an unknown user' ? 'm-2' : 'm-1');
        expect(await inbox.knownSenders(['sender-1', 'sender-2'], HOUR_MS)).toEqual(['sender-1']);
        expect(await inbox.knownSenders(['sender-2'], HOUR_MS)).toEqual([]);
        expect(await inbox.knownSenders([], HOUR_MS)).toEqual([]);
      },
    );

    it('is confirmed directly after another sender', async () => {
      const { inbox, logoutStore } = current().store;
      for (const sender of ['sender-1', 'sender-2']) {
        await inbox.receive([ofPriority(sender, 'unknown', sender)]);
        await logoutStore.applyLogout(await claimOne(current()), 'm-2');
      }
      expect((await inbox.knownSenders(['sender-1', 'sender-2'], HOUR_MS)).sort()).toEqual([
        'sender-1',
        'sender-2',
      ]);
    });

    it('is not confirmed by a job that Meveto refused', async () => {
      const { inbox } = current().store;
      await inbox.receive([ofPriority('a', 'unknown', 'sender-1')]);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      expect(await inbox.knownSenders(['sender-1'], HOUR_MS)).toEqual([]);
    });

    it('stays known while it is confirmed again', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      for (const name of ['a', 'b']) {
        await inbox.receive([ofPriority(name, 'unknown', 'sender-1')]);
        await logoutStore.applyLogout(await claimOne(current()), 'm-1');
        if (name === 'a') await current().passTime(DAY_MS);
      }
      expect(await inbox.knownSenders(['sender-1'], HOUR_MS)).toEqual(['sender-1']);
      await current().passTime(DAY_MS);
      expect(await inbox.knownSenders(['sender-1'], HOUR_MS)).toEqual([]);
    });
  });
}
