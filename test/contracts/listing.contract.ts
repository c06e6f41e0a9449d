import { describe, expect, it } from '@jest/globals';
import {
  claimOne,
  type Current,
  DAY_MS,
  endAmbiguous,
  HOUR_MS,
  incoming,
  listed,
  MINUTE_MS,
  receiveAndClaim,
  summaryOf,
  openedBy,
} from './opened-store.js';

export function listing(current: Current): void {
  describe('calls of the pending list', () => {
    it('are stored when they are new, dated by Meveto', async () => {
      const { inbox, register } = current().store;
      const createdAt = (await register.now()) - HOUR_MS;
      expect(await inbox.receiveListed([listed('1', 'a', createdAt), listed('2', 'b')])).toEqual({
        newCount: 2,
        reopenedCount: 0,
      });
      const calls = await inbox.claim(2, 1_000);
      const dated = calls.find(({ digest }) => digest === 'digest-a');
      const undated = calls.find(({ digest }) => digest === 'digest-b');
      expect(dated?.occurredAt).toBe(createdAt);
      expect(dated?.receivedAt).toBeGreaterThan(createdAt);
      expect(undated?.occurredAt).toBe(undated?.receivedAt);
    });

    it('are never dated later than now', async () => {
      const { inbox, register } = current().store;
      await inbox.receiveListed([listed('1', 'a', (await register.now()) + HOUR_MS)]);
      const call = await claimOne(current());
      expect(call.occurredAt).toBe(call.receivedAt);
    });

    it('are left alone while the same id is unfinished, whatever its token', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a'), listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('are left alone when they were pushed before, and known by their id from then on', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(openedBy(await inbox.receiveListed([listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('are recognised when they are pushed afterwards', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      expect(await inbox.receive([incoming('a')])).toBe(0);
    });

    it('are recognised by the digest of an earlier key, and known by their id from then on', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      const again = { ...listed('1', 'new-a'), earlierDigests: ['digest-x', 'digest-a'] };
      expect(openedBy(await inbox.receiveListed([again]))).toBe(0);
      expect(openedBy(await inbox.receiveListed([listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('are left alone when one call is known by the id, and another by the token', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.receive([incoming('b')]);
      expect(openedBy(await inbox.receiveListed([listed('1', 'b')]))).toBe(0);
      // Neither has taken the other's name: b may still be known as the second one.
      expect(openedBy(await inbox.receiveListed([listed('2', 'b'), listed('2', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 2 });
    });

    it('keep their first id when their token comes with another one', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      expect(openedBy(await inbox.receiveListed([listed('2', 'a')]))).toBe(0);
      expect(openedBy(await inbox.receiveListed([listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('are counted once if one page names them twice', async () => {
      expect(openedBy(await current().store.inbox.receiveListed([listed('1', 'a'), listed('1', 'a')]))).toBe(
        1,
      );
    });

    it('are left alone once they were applied', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, register } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await register.applyLogout(await claimOne(current()), 'm-1');
      expect(openedBy(await inbox.receiveListed([listed('1', 'a'), listed('1', 'fresh')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ applied: 1, pending: 0 });
    });

    it('are left alone once they were rejected', async () => {
      const { inbox } = current().store;
      const call = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(call, { state: 'rejected', reason: 'test' });
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1, pending: 0 });
    });
  });

  describe('an ambiguous call', () => {
    it('is opened with the same token under a new key, its attempt still unknown', async () => {
      await endAmbiguous(current(), 'a');
      const { inbox } = current().store;
      const again = { ...listed('1', 'new-a'), earlierDigests: ['digest-a'] };
      expect(openedBy(await inbox.receiveListed([again]))).toBe(1);
      expect(await claimOne(current())).toMatchObject({
        digest: 'digest-new-a',
        sealed: 'sealed-new-a',
        earlierAttemptUnknown: true,
      });
    });

    it('is opened again when the list names it for the first time, its attempt still unknown', async () => {
      await endAmbiguous(current(), 'a');
      expect(openedBy(await current().store.inbox.receiveListed([listed('1', 'a')]))).toBe(1);
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-a', earlierAttemptUnknown: true });
    });

    it('is not opened a second time by the same entry', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'ambiguous', reason: 'test' });
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ ambiguous: 1, pending: 0 });
    });

    it('is opened again with a fresh token of the same id, of which no attempt is unknown', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'ambiguous', reason: 'test' });

      expect(openedBy(await inbox.receiveListed([listed('1', 'fresh')]))).toBe(1);
      expect(await claimOne(current())).toMatchObject({
        digest: 'digest-fresh',
        sealed: 'sealed-fresh',
        earlierAttemptUnknown: false,
      });
    });

    it('leaves its earlier token alone when that is sent or listed again, and tells why', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'ambiguous', reason: 'test' });
      await inbox.receiveListed([listed('1', 'fresh')]);

      expect(await inbox.receive([incoming('a'), { ...incoming('b'), earlierDigests: ['digest-a'] }])).toBe(
        0,
      );
      expect(openedBy(await inbox.receiveListed([listed('1', 'a'), listed('1', 'fresh')]))).toBe(0);
      expect(await summaryOf(current())).toEqual(expect.objectContaining({ pending: 1, rejected: 1 }));
      const [replaced] = (await inbox.list({ state: 'rejected', limit: 10 })).calls;
      expect(replaced).toMatchObject({
        reason: 'replaced',
        type: 'User_Logged_Out',
        attempts: 0,
        settledAt: replaced?.receivedAt,
      });
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-fresh', sealed: 'sealed-fresh' });
      expect(await inbox.claim(10, 1_000)).toEqual([]);
    });

    it('tells nothing any more of its end when it is opened again', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      const [ended] = (await inbox.list({ state: 'ambiguous', limit: 10 })).calls;
      expect(ended).toMatchObject({ reason: 'test', settledAt: expect.any(Number) });
      await inbox.receiveListed([listed('1', 'a')]);
      const [open] = (await inbox.list({ state: 'pending', limit: 10 })).calls;
      expect(open).toMatchObject({ id: ended?.id });
      expect([open?.reason, open?.settledAt]).toEqual([undefined, undefined]);
    });

    it('keeps its date when it is opened again', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      await current().passTime(HOUR_MS);
      await inbox.receiveListed([listed('1', 'a')]);
      const again = await claimOne(current());
      expect(again.receivedAt - again.occurredAt).toBeGreaterThanOrEqual(HOUR_MS);
      expect(again.receivedAt - again.occurredAt).toBeLessThan(HOUR_MS + MINUTE_MS);
    });

    it('cannot be ended by the worker that held it before', async () => {
      const { inbox } = current().store;
      const held = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(held, { state: 'ambiguous', reason: 'test' });
      await inbox.receiveListed([listed('1', 'a')]);
      expect(await inbox.finish(held, { state: 'rejected', reason: 'test' })).toBe(false);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });
  });

  it.each(['a', 'fresh'])(
    'opens an expired call again for a whole new time to live, token: %s',
    async (token) => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await current().passTime(DAY_MS);
      expect((await inbox.expire(DAY_MS, 10)).count).toBe(1);

      expect(await inbox.receiveListed([listed('1', token)])).toEqual({ newCount: 0, reopenedCount: 1 });
      expect((await inbox.expire(DAY_MS, 10)).count).toBe(0);
      expect(await claimOne(current())).toMatchObject({ sealed: `sealed-${token}` });
    },
  );
}
