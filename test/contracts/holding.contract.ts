import { describe, expect, it } from '@jest/globals';
import type { IncomingCall } from '../../libs/meveto-logout/src/inbox/inbox.port.js';
import {
  claimOne,
  type Current,
  DAY_MS,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';

/** A call whose token is in the memory of the process that received it. */
const unsealed = (name: string): IncomingCall => ({ ...incoming(name), sealed: undefined });
const listedUnsealed = (sourceId: string, token: string) => ({
  ...listed(sourceId, token),
  sealed: undefined,
});
const failure = (maybeSent: boolean) => ({ delayMs: 0, maybeSent, reason: 'test' });

export function holding(current: Current): void {
  describe('renewing claims', () => {
    it('keeps them for another lease, all at once', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      const [a, b] = await inbox.claim(2, LEASE_MS);
      const c = await claimOne(current(), LEASE_MS);
      await current().passTime(LEASE_MS * 0.75);
      expect(
        (
          await inbox.renew(
            [a, b].flatMap((call) => call ?? []),
            LEASE_MS,
          )
        ).sort(),
      ).toEqual([a?.id, b?.id].sort());
      await current().passTime(LEASE_MS * 0.75);
      expect((await inbox.claim(3, LEASE_MS)).map(({ id }) => id)).toEqual([c.id]);
      expect(await inbox.renew([], LEASE_MS)).toEqual([]);
    });

    it('does nothing for a claim that was lost, and names only those that were kept', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const other = await claimOne(current());
      const ended = await receiveAndClaim(current(), incoming('b'));
      await inbox.finish(ended, { state: 'rejected', reason: 'test' });
      const kept = await receiveAndClaim(current(), incoming('c'));
      expect(await inbox.renew([lost, ended, kept], LEASE_MS * 10)).toEqual([kept.id]);
      await current().passTime(LEASE_MS);
      expect((await claimOne(current())).id).toBe(other.id);
    });

    it('takes a late claim back that nobody took over', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS * 3);
      expect(await inbox.renew([call], LEASE_MS)).toEqual([call.id]);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
    });

    it('takes many', async () => {
      const { inbox } = current().store;
      await inbox.receive(Array.from({ length: 200 }, (_, index) => incoming(String(index))));
      const calls = await inbox.claim(200, LEASE_MS);
      expect(await inbox.renew(calls, LEASE_MS)).toHaveLength(200);
    });
  });

  describe('a call whose token is in memory', () => {
    it('is stored and claimed in one, without the token', async () => {
      const { inbox } = current().store;
      const { held, elsewhere } = await inbox.receiveHeld(
        [unsealed('a'), unsealed('b'), unsealed('a')],
        LEASE_MS,
      );
      expect(held.map(({ digest }) => digest).sort()).toEqual(['digest-a', 'digest-b']);
      expect(held[0]).toMatchObject({
        sealed: undefined,
        attempts: 1,
        fence: 1,
        earlierAttemptUnknown: false,
      });
      expect(elsewhere).toEqual([]);
      expect(await inbox.claim(5, LEASE_MS)).toEqual([]);
      expect(await summaryOf(current())).toMatchObject({ pending: 2 });
      expect(await inbox.receiveHeld([], LEASE_MS)).toEqual({ held: [], elsewhere: [] });
    });

    it('is given to others when its lease is over, an attempt of unknown outcome on it', async () => {
      const { inbox } = current().store;
      await inbox.receiveHeld([unsealed('a')], LEASE_MS);
      await current().passTime(LEASE_MS);
      expect(await claimOne(current())).toMatchObject({ sealed: undefined, earlierAttemptUnknown: true });
    });

    it('is elsewhere while another process holds it, and nowhere once it has ended', async () => {
      const { inbox } = current().store;
      const { held } = await inbox.receiveHeld([unsealed('a')], LEASE_MS);
      expect(await inbox.receiveHeld([unsealed('a')], LEASE_MS)).toEqual({
        held: [],
        elsewhere: ['digest-a'],
      });
      const [call] = held;
      if (call !== undefined) await inbox.finish(call, { state: 'rejected', reason: 'test' });
      expect(await inbox.receiveHeld([unsealed('a')], LEASE_MS)).toEqual({ held: [], elsewhere: [] });
      expect(await summaryOf(current())).toMatchObject({ pending: 0, rejected: 1 });
    });

    it('is elsewhere beside one that is new, and no ended one comes back with its lease', async () => {
      const { inbox } = current().store;
      const { held: first } = await inbox.receiveHeld([unsealed('a'), unsealed('ended')], LEASE_MS);
      const ended = first.find(({ digest }) => digest === 'digest-ended');
      if (ended !== undefined) await inbox.finish(ended, { state: 'rejected', reason: 'test' });
      const { held, elsewhere } = await inbox.receiveHeld(
        [unsealed('a'), unsealed('b'), unsealed('ended')],
        LEASE_MS,
      );
      expect(held.map(({ digest }) => digest)).toEqual(['digest-b']);
      expect(elsewhere).toEqual(['digest-a']);
      await current().passTime(LEASE_MS);
      const again = await inbox.receiveHeld([unsealed('ended')], LEASE_MS);
      expect(again).toEqual({ held: [], elsewhere: [] });
    });

    it('of the pending list is opened and claimed when an ambiguous one has a fresh token', async () => {
      const { inbox } = current().store;
      const [call] = await inbox.receiveListedHeld([listedUnsealed('1', 'a')], LEASE_MS);
      if (call === undefined) throw new Error('nothing is held');
      await inbox.finish(call, { state: 'ambiguous', reason: 'test' });
      expect(await inbox.receiveListedHeld([listedUnsealed('1', 'a')], LEASE_MS)).toEqual([]);
      expect(await inbox.receiveListedHeld([listedUnsealed('1', 'fresh')], LEASE_MS)).toEqual([
        expect.objectContaining({ id: call.id, digest: 'digest-fresh', earlierAttemptUnknown: false }),
      ]);
      expect(await inbox.finish(call, { state: 'rejected', reason: 'test' })).toBe(false);
    });

    it('goes to whoever has its token when nobody holds it', async () => {
      const { inbox } = current().store;
      await inbox.receiveHeld([unsealed('a')], LEASE_MS);
      await current().passTime(LEASE_MS);
      const { held } = await inbox.receiveHeld(
        [{ ...unsealed('new-a'), earlierDigests: ['digest-a'] }],
        LEASE_MS,
      );
      expect(held).toEqual([
        expect.objectContaining({ digest: 'digest-a', attempts: 2, fence: 2, earlierAttemptUnknown: true }),
      ]);
    });

    it.each(['pushed', 'listed'] as const)(
      'is opened again when its token was lost and is %s again',
      async (how) => {
        const { inbox } = current().store;
        const receive = async () =>
          how === 'pushed'
            ? (await inbox.receiveHeld([unsealed('a')], LEASE_MS)).held
            : inbox.receiveListedHeld([listedUnsealed('1', 'a')], LEASE_MS);
        await receive();
        await current().passTime(LEASE_MS);
        await inbox.finish(await claimOne(current()), { state: 'ambiguous', reason: 'token-lost' });
        expect(await receive()).toEqual([
          expect.objectContaining({ digest: 'digest-a', earlierAttemptUnknown: true }),
        ]);
        expect(await summaryOf(current())).toMatchObject({ pending: 1, ambiguous: 0 });
      },
    );

    it.each(['pushed', 'listed'] as const)('goes on when it expired and is %s again', async (how) => {
      const { inbox } = current().store;
      const [first] = await inbox.receiveListedHeld([listedUnsealed('1', 'a')], LEASE_MS);
      await current().passTime(DAY_MS);
      expect((await inbox.expire(DAY_MS, 10)).count).toBe(1);
      const held =
        how === 'pushed'
          ? (await inbox.receiveHeld([unsealed('a')], LEASE_MS)).held
          : await inbox.receiveListedHeld([listedUnsealed('1', 'a')], LEASE_MS);
      expect(held).toEqual([expect.objectContaining({ id: first?.id, earlierAttemptUnknown: true })]);
      expect((await inbox.expire(DAY_MS, 10)).count).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1, expired: 0 });
    });

    it('stays ambiguous when it is so for another reason', async () => {
      const { inbox } = current().store;
      const { held } = await inbox.receiveHeld([unsealed('a')], LEASE_MS);
      const [call] = held;
      if (call !== undefined) await inbox.finish(call, { state: 'ambiguous', reason: 'test' });
      expect(await inbox.receiveHeld([unsealed('a')], LEASE_MS)).toEqual({ held: [], elsewhere: [] });
      expect(await summaryOf(current())).toMatchObject({ ambiguous: 1 });
    });

    it('of the pending list is claimed when it is new, and left alone when it is known', async () => {
      const { inbox, register } = current().store;
      const createdAt = (await register.now()) - HOUR_MS;
      const call = { ...listed('1', 'a', createdAt), sealed: undefined };
      expect(await inbox.receiveListedHeld([call], LEASE_MS)).toEqual([
        expect.objectContaining({ digest: 'digest-a', occurredAt: createdAt, attempts: 1 }),
      ]);
      expect(await inbox.receiveListedHeld([call], LEASE_MS)).toEqual([]);
      expect(await inbox.receiveListedHeld([], LEASE_MS)).toEqual([]);
    });

    it('that waits sealed is left to its claim', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      expect(await inbox.receiveHeld([unsealed('a')], LEASE_MS)).toEqual({ held: [], elsewhere: [] });
      expect(await claimOne(current())).toMatchObject({ sealed: 'sealed-a' });
    });
  });

  describe('an attempt after a failed one, without giving the call back', () => {
    it.each([true, false])(
      'leaves the call in doubt only if an earlier one may have been sent: %s',
      async (maybeSent) => {
        const { inbox } = current().store;
        const { held } = await inbox.receiveHeld([unsealed('a')], LEASE_MS);
        const [call] = held;
        if (call === undefined) throw new Error('nothing is held');
        const again = await inbox.beginAgain(call, failure(maybeSent), LEASE_MS);
        if (again === undefined) throw new Error('the claim was lost');
        // The second one was certainly not sent: what is left in doubt is the first.
        await inbox.release(again, failure(false));
        expect((await claimOne(current())).earlierAttemptUnknown).toBe(maybeSent);
      },
    );

    it.each([true, false])(
      'is marked, and knows whether the token may have been sent: %s',
      async (maybeSent) => {
        const { inbox } = current().store;
        const call = await receiveAndClaim(current(), incoming('a'));
        await current().passTime(LEASE_MS / 2);
        const again = await inbox.beginAgain(call, failure(maybeSent), LEASE_MS);
        expect(again).toMatchObject({
          id: call.id,
          fence: call.fence,
          attempts: 2,
          earlierAttemptUnknown: maybeSent,
        });
        await current().passTime(LEASE_MS / 2);
        expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
        await current().passTime(LEASE_MS / 2);
        // Whoever takes it over does not know what came of the attempt that was begun.
        expect(await claimOne(current())).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
      },
    );

    it('does not forget an unknown attempt for a later one that was never sent', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      const second = await inbox.beginAgain(call, failure(true), LEASE_MS);
      if (second === undefined) throw new Error('the claim was lost');
      const third = await inbox.beginAgain(second, failure(false), LEASE_MS);
      expect(third).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
    });

    it('is not begun once the claim was lost', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const held = await claimOne(current());
      expect(await inbox.beginAgain(lost, failure(true), LEASE_MS)).toBeUndefined();
      await inbox.finish(held, { state: 'rejected', reason: 'test' });
      expect(await inbox.beginAgain(held, failure(true), LEASE_MS)).toBeUndefined();
      expect(await summaryOf(current())).toMatchObject({ pending: 0, rejected: 1 });
    });
  });
}
