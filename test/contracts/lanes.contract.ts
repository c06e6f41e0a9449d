import { describe, expect, it } from '@jest/globals';
import type { Lane } from '../../libs/meveto-logout/src/model/lane.js';
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

const inLane = (name: string, lane: Lane, sender?: string) => ({ ...incoming(name), lane, sender });
const namesOf = (calls: readonly { readonly digest: string }[]) => calls.map(({ digest }) => digest.slice(7));

export function lanes(current: Current): void {
  describe('lanes', () => {
    it('are worked on in their order, whatever came first', async () => {
      const { inbox } = current().store;
      await inbox.receive([inLane('s1', 'stranger')]);
      await inbox.receive([inLane('c1', 'confirmed')]);
      await inbox.receiveListed([{ ...listed('wh-1', 'l1'), lane: 'listed' }]);
      await inbox.receive([inLane('s2', 'stranger')]);
      expect(namesOf(await inbox.claim(1, LEASE_MS))).toEqual(['l1']);
      expect(namesOf(await inbox.claim(1, LEASE_MS))).toEqual(['c1']);
      expect(namesOf(await inbox.claim(10, LEASE_MS)).sort()).toEqual(['s1', 's2']);
    });

    it('give out first what has been due for the longest time', async () => {
      const { inbox } = current().store;
      for (const name of ['a', 'b', 'c']) {
        await inbox.receive([inLane(name, 'confirmed')]);
        await current().passTime(MINUTE_MS);
      }
      const [first] = await inbox.claim(1, LEASE_MS);
      if (first === undefined) throw new Error('nothing to claim');
      expect(namesOf([first])).toEqual(['a']);
      // Its pause ends before d comes, and after b and c have.
      await inbox.release(first, { delayMs: MINUTE_MS, maybeSent: true, reason: 'timeout' });
      await current().passTime(2 * MINUTE_MS);
      await inbox.receive([inLane('d', 'confirmed')]);
      const inTurn: string[] = [];
      for (let turn = 0; turn < 4; turn += 1) inTurn.push(...namesOf(await inbox.claim(1, LEASE_MS)));
      expect(inTurn).toEqual(['b', 'c', 'a', 'd']);
    });

    it('leave room: no more strangers are given out than are asked for', async () => {
      const { inbox } = current().store;
      await inbox.receive([inLane('s1', 'stranger'), inLane('s2', 'stranger'), inLane('c1', 'confirmed')]);
      const calls = await inbox.claim(10, LEASE_MS, [], 1);
      expect(calls.map(({ lane }) => lane)).toEqual(['confirmed', 'stranger']);
      expect(await inbox.claim(10, LEASE_MS, [], 0)).toEqual([]);
      expect(await inbox.claim(10, LEASE_MS)).toHaveLength(1);
    });

    it('are counted while their calls wait', async () => {
      const { inbox } = current().store;
      await inbox.receive([inLane('s1', 'stranger'), inLane('s2', 'stranger'), inLane('c1', 'confirmed')]);
      await inbox.receiveListed([{ ...listed('wh-1', 'l1'), lane: 'listed' }]);
      expect(await inbox.waitingByLane()).toEqual({ listed: 1, confirmed: 1, stranger: 2 });
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      expect(await inbox.waitingByLane()).toEqual({ listed: 0, confirmed: 1, stranger: 2 });
    });
  });

  describe('a sender', () => {
    it.each(['a user of the application', 'nobody here'])(
      'is confirmed when Meveto names %s',
      async (who) => {
        await current().addUser(1, 'm-1');
        const { inbox, register } = current().store;
        await inbox.receive([inLane('a', 'stranger', 'sender-1')]);
        expect(await inbox.confirmedSenders(['sender-1'], HOUR_MS)).toEqual([]);
        await register.applyLogout(await claimOne(current()), who === 'nobody here' ? 'm-2' : 'm-1');
        expect(await inbox.confirmedSenders(['sender-1', 'sender-2'], HOUR_MS)).toEqual(['sender-1']);
        expect(await inbox.confirmedSenders(['sender-2'], HOUR_MS)).toEqual([]);
        expect(await inbox.confirmedSenders([], HOUR_MS)).toEqual([]);
      },
    );

    it('is confirmed although another one was just before', async () => {
      const { inbox, register } = current().store;
      for (const sender of ['sender-1', 'sender-2']) {
        await inbox.receive([inLane(sender, 'stranger', sender)]);
        await register.applyLogout(await claimOne(current()), 'm-2');
      }
      expect((await inbox.confirmedSenders(['sender-1', 'sender-2'], HOUR_MS)).sort()).toEqual([
        'sender-1',
        'sender-2',
      ]);
    });

    it('is not confirmed by a call that Meveto refused', async () => {
      const { inbox } = current().store;
      await inbox.receive([inLane('a', 'stranger', 'sender-1')]);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      expect(await inbox.confirmedSenders(['sender-1'], HOUR_MS)).toEqual([]);
    });

    it('stays confirmed as long as it is confirmed again', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      for (const name of ['a', 'b']) {
        await inbox.receive([inLane(name, 'stranger', 'sender-1')]);
        await register.applyLogout(await claimOne(current()), 'm-1');
        if (name === 'a') await current().passTime(DAY_MS);
      }
      expect(await inbox.confirmedSenders(['sender-1'], HOUR_MS)).toEqual(['sender-1']);
      await current().passTime(DAY_MS);
      expect(await inbox.confirmedSenders(['sender-1'], HOUR_MS)).toEqual([]);
    });
  });
}
