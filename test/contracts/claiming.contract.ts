import { describe, expect, it } from '@jest/globals';
import {
  claimOne,
  type Current,
  incoming,
  LEASE_MS,
  nextMillisecond,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';

const digestsOf = (calls: readonly { digest: string }[]) => calls.map(({ digest }) => digest);

export function claiming(current: Current): void {
  describe('claiming calls', () => {
    it('gives the oldest first, as many as wanted', async () => {
      const { inbox } = current().store;
      for (const name of ['b', 'c', 'a']) {
        await inbox.receive([incoming(name)]);
        await nextMillisecond(current());
      }
      expect(digestsOf(await inbox.claim(2, LEASE_MS))).toEqual(['digest-b', 'digest-c']);
      expect(digestsOf(await inbox.claim(2, LEASE_MS))).toEqual(['digest-a']);
    });

    it('begins with the first attempt', async () => {
      expect(await receiveAndClaim(current(), incoming('a'))).toMatchObject({
        fence: 1,
        attempts: 1,
        earlierAttemptUnknown: false,
      });
    });

    it('hides a claimed call until its lease is over', async () => {
      const { inbox } = current().store;
      await receiveAndClaim(current(), incoming('a'));
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await current().passTime(LEASE_MS / 2);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await current().passTime(LEASE_MS / 2);
      expect(await inbox.claim(1, LEASE_MS)).toHaveLength(1);
    });

    it('gives a call whose lease is over to the next, with a higher fence and the earlier attempt known', async () => {
      const first = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      expect(await claimOne(current())).toMatchObject({
        id: first.id,
        fence: first.fence + 1,
        attempts: 2,
        earlierAttemptUnknown: true,
      });
    });

    it('lets nobody write whose claim another one took over', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const held = await claimOne(current());

      expect(await inbox.finish(lost, { state: 'rejected', reason: 'test' })).toBe(false);
      await inbox.release(lost, { delayMs: 0, maybeSent: false, reason: 'test' });
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      expect(await inbox.finish(held, { state: 'rejected', reason: 'test' })).toBe(true);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, rejected: 1 });
    });

    it('lets a claim be ended late, as long as nobody took it over', async () => {
      const call = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS * 2);
      expect(await current().store.inbox.finish(call, { state: 'rejected', reason: 'test' })).toBe(true);
    });
  });

  describe('claiming calls while others are in hand', () => {
    it('gives out the others alone, whatever became of the leases, until they are in hand no more', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      const [first, second] = await inbox.claim(2, LEASE_MS);
      await current().passTime(LEASE_MS);
      const inHand = [first?.id ?? '', second?.id ?? ''];
      const others = await inbox.claim(3, LEASE_MS, inHand);
      expect(others).toHaveLength(1);
      expect(inHand).not.toContain(others[0]?.id);
      expect((await inbox.claim(3, LEASE_MS)).map(({ id }) => id).sort()).toEqual([...inHand].sort());
    });
  });

  describe('giving calls back', () => {
    it('pauses a call for the given time', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(call, { delayMs: 60_000, maybeSent: true, reason: 'timeout' });
      await current().passTime(30_000);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await current().passTime(30_000);
      expect(await inbox.claim(1, LEASE_MS)).toHaveLength(1);
    });

    it('is the same when it is done twice, as by one whose commit was not answered', async () => {
      const { inbox } = current().store;
      const first = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(first, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      const second = await claimOne(current());
      for (let times = 0; times < 2; times += 1)
        await inbox.release(second, { delayMs: 0, maybeSent: false, reason: 'refused' });
      expect(await claimOne(current())).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
    });

    it('changes nothing of a call that has ended', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(call, { state: 'ambiguous', reason: 'its end' });
      await inbox.release(call, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      expect((await inbox.list({ state: 'ambiguous', limit: 2 })).calls).toMatchObject([
        { id: call.id, reason: 'its end' },
      ]);
    });

    it.each([true, false])('remembers whether the token may have been sent: %s', async (maybeSent) => {
      const call = await receiveAndClaim(current(), incoming('a'));
      await current().store.inbox.release(call, { delayMs: 0, maybeSent, reason: 'test' });
      expect(await claimOne(current())).toMatchObject({ attempts: 2, earlierAttemptUnknown: maybeSent });
    });

    it('counts how often a call was turned away, until another attempt may have used up its token', async () => {
      const { inbox } = current().store;
      const refusal = { delayMs: 0, maybeSent: true, isRefusal: true, reason: 'http-403' };
      const times: number[] = [];
      const next = async () => {
        const call = await claimOne(current());
        times.push(call.turnedAwayTimes);
        return call;
      };
      await inbox.receive([incoming('a')]);
      await inbox.release(await next(), refusal);
      await inbox.release(await next(), { delayMs: 0, maybeSent: false, reason: 'refused' });
      await inbox.release(await next(), refusal);
      await inbox.release(await next(), { delayMs: 0, maybeSent: true, reason: 'timeout' });
      await inbox.release(await next(), refusal);
      await next();
      expect(times).toEqual([0, 1, 1, 2, 0, 0]);
    });

    it('counts that also where a call was begun again without being given back', async () => {
      const { inbox } = current().store;
      const refusal = { delayMs: 0, maybeSent: true, isRefusal: true, reason: 'http-403' };
      const call = await receiveAndClaim(current(), incoming('a'));
      const again = await inbox.beginAgain(call, refusal, LEASE_MS);
      expect(again?.turnedAwayTimes).toBe(1);
      await inbox.release(call, refusal);
      expect((await claimOne(current())).turnedAwayTimes).toBe(2);
    });

    it('does not forget an unknown attempt for a later one that was never sent', async () => {
      const { inbox } = current().store;
      const first = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(first, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      await inbox.release(await claimOne(current()), { delayMs: 0, maybeSent: false, reason: 'refused' });
      expect(await claimOne(current())).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
    });
  });

  describe('ending calls', () => {
    it.each(['rejected', 'ambiguous', 'expired'] as const)('ends a call as %s, once', async (state) => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      expect(await inbox.finish(call, { state, reason: 'test' })).toBe(true);
      expect(await inbox.finish(call, { state: 'rejected', reason: 'another end' })).toBe(false);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, [state]: 1 });
      // As one does whose commit was not answered.
      expect(await inbox.finish(call, { state, reason: 'test' })).toBe(true);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, [state]: 1 });
      await current().passTime(LEASE_MS * 2);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
    });
  });
}
