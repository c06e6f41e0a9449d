import { describe, expect, it } from '@jest/globals';
import {
  claimOne,
  type Current,
  DAY_MS,
  incoming,
  receiveAndClaim,
  removal,
  summaryOf,
  openedBy,
} from './opened-store.js';

export function receiving(current: Current): void {
  describe('receiving calls', () => {
    it('stores a new call as it came', async () => {
      expect(await current().store.inbox.receive([removal('a')])).toBe(1);
      expect(await claimOne(current())).toMatchObject({
        type: 'Meveto_Protection_Removed',
        digest: 'digest-a',
        sealed: 'sealed-a',
      });
    });

    it('dates a call by its receipt', async () => {
      const { register } = current().store;
      const before = await register.now();
      const call = await receiveAndClaim(current(), incoming('a'));
      expect(call.receivedAt).toBeGreaterThanOrEqual(before);
      expect(call.receivedAt).toBeLessThanOrEqual(await register.now());
      expect(call.occurredAt).toBe(call.receivedAt);
    });

    it('leaves a known call alone', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      expect(await inbox.receive([{ ...removal('a'), sealed: 'sealed again' }])).toBe(0);
      expect(await inbox.claim(10, 1_000)).toEqual([
        expect.objectContaining({ type: 'User_Logged_Out', sealed: 'sealed-a' }),
      ]);
    });

    it('stores each call of a batch once', async () => {
      const { inbox } = current().store;
      expect(await inbox.receive([incoming('a'), incoming('b'), incoming('a')])).toBe(2);
      expect(await inbox.receive([incoming('c'), incoming('b')])).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ pending: 3 });
    });

    it('leaves a call alone that an earlier key has digested, ended or not', async () => {
      const { inbox } = current().store;
      const again = (name: string, ...earlier: string[]) => ({
        ...incoming(name),
        earlierDigests: earlier.map((each) => `digest-${each}`),
      });
      await inbox.receive([incoming('a')]);
      const ended = await receiveAndClaim(current(), incoming('b'));
      await inbox.finish(ended, { state: 'rejected', reason: 'test' });
      expect(await inbox.receive([again('new-a', 'x', 'a'), again('new-b', 'b'), again('c', 'y')])).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ pending: 2, rejected: 1 });
    });

    it('stores a batch of two hundred', async () => {
      const batch = Array.from({ length: 200 }, (_, index) => incoming(String(index)));
      expect(await current().store.inbox.receive(batch)).toBe(200);
    });

    it('tells which of many have not ended', async () => {
      const { inbox } = current().store;
      const ended = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(ended, { state: 'ambiguous', reason: 'test' });
      await receiveAndClaim(current(), incoming('b'));
      await inbox.receive([incoming('c'), incoming('not asked about')]);
      const digests = ['a', 'b', 'c', 'd'].map((name) => `digest-${name}`);
      expect((await inbox.unfinished(digests)).sort()).toEqual(['digest-b', 'digest-c']);
      expect(await inbox.unfinished([])).toEqual([]);
    });

    it('stores nothing for an empty batch', async () => {
      const { inbox } = current().store;
      expect(await inbox.receive([])).toBe(0);
      expect(openedBy(await inbox.receiveListed([]))).toBe(0);
      expect(await summaryOf(current())).toEqual({
        pending: 0,
        applied: 0,
        rejected: 0,
        unknown_user: 0,
        ambiguous: 0,
        expired: 0,
      });
    });

    it.each([['test'], ['key-missing']])(
      'goes on with a call that expired (%s) once its token comes again, for a whole new time to live',
      async (reason) => {
        const { inbox } = current().store;
        const first = await receiveAndClaim(current(), incoming('a'));
        await inbox.release(first, { delayMs: 0, maybeSent: true, reason: 'test' });
        const second = await claimOne(current());
        await current().passTime(DAY_MS);
        await inbox.finish(second, { state: 'expired', reason });
        const again = { ...incoming('new-a'), earlierDigests: ['digest-a'], lane: 'confirmed' as const };
        expect(await inbox.receive([incoming('b'), again])).toBe(2);
        expect(await inbox.receive([again])).toBe(0);
        expect((await inbox.expire(DAY_MS, 10)).count).toBe(0);
        const [open] = await inbox.claim(1, 1_000);
        expect(open).toMatchObject({
          id: first.id,
          digest: 'digest-new-a',
          sealed: 'sealed-new-a',
          lane: 'confirmed',
          earlierAttemptUnknown: true,
        });
        expect((open?.receivedAt ?? 0) - (open?.occurredAt ?? 0)).toBeGreaterThanOrEqual(DAY_MS);
        expect(await inbox.finish(second, { state: 'rejected', reason: 'test' })).toBe(false);
        expect(await summaryOf(current())).toMatchObject({ pending: 2, expired: 0 });
      },
    );

    it('goes on with a call that waits for its key, as soon as its token comes again', async () => {
      const { inbox } = current().store;
      const unread = await receiveAndClaim(current(), incoming('a'));
      const again = { ...incoming('new-a'), earlierDigests: ['digest-a'] };
      expect(await inbox.receive([again])).toBe(0);
      await inbox.release(unread, { delayMs: DAY_MS, maybeSent: false, reason: 'key-missing' });
      expect(await inbox.receive([again])).toBe(1);
      const open = await claimOne(current());
      expect(open).toMatchObject({ id: unread.id, digest: 'digest-new-a', sealed: 'sealed-new-a' });
      expect(await inbox.receive([again])).toBe(0);
      await inbox.release(open, { delayMs: DAY_MS, maybeSent: false, reason: 'refused' });
      expect(await inbox.receive([incoming('new-a')])).toBe(0);
    });

    it('keeps the token of a call that was in the memory of one process, for whoever works on it next', async () => {
      const { inbox } = current().store;
      const { held } = await inbox.receiveHeld([{ ...incoming('a'), sealed: undefined }], 1_000);
      expect(await inbox.receive([incoming('a')])).toBe(0);
      // Whoever holds it goes on.
      expect(await inbox.claim(10, 1_000)).toEqual([]);
      expect(await inbox.renew(held, 1_000)).toHaveLength(1);
      await current().passTime(1_000);
      expect(await claimOne(current())).toMatchObject({ sealed: 'sealed-a', earlierAttemptUnknown: true });
    });

    it('goes on with a call whose token was lost once it comes again', async () => {
      const { inbox } = current().store;
      const { held } = await inbox.receiveHeld([{ ...incoming('a'), sealed: undefined }], 1_000);
      for (const call of held) await inbox.finish(call, { state: 'ambiguous', reason: 'token-lost' });
      expect(await inbox.receive([incoming('a')])).toBe(1);
      expect(await claimOne(current())).toMatchObject({ sealed: 'sealed-a', earlierAttemptUnknown: true });
    });

    it.each(['rejected', 'ambiguous'] as const)('recognises a call that has ended as %s', async (state) => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(call, { state, reason: 'test' });
      expect(await inbox.receive([incoming('a')])).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, [state]: 1 });
    });

    it('recognises a call that has ended', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(call, { state: 'rejected', reason: 'test' });
      expect(await inbox.receive([incoming('a')])).toBe(0);
      expect(await inbox.claim(10, 1_000)).toEqual([]);
    });
  });
}
