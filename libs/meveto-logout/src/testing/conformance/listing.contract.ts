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
import type { Tests } from './tests.js';

export function listing({ describe, expect, it }: Tests, current: Current): void {
  describe('listed webhooks', () => {
    it('are stored when they are new, with the time given by Meveto', async () => {
      const { inbox, logoutStore } = current().store;
      const createdAt = (await logoutStore.now()) - HOUR_MS;
      expect(await inbox.receiveListed([listed('1', 'a', createdAt), listed('2', 'b')])).toEqual({
        newCount: 2,
        reopenedCount: 0,
      });
      const jobs = await inbox.claim(2, 1_000);
      const dated = jobs.find(({ digest }) => digest === 'digest-a');
      const undated = jobs.find(({ digest }) => digest === 'digest-b');
      expect(dated?.occurredAt).toBe(createdAt);
      expect(dated?.receivedAt).toBeGreaterThan(createdAt);
      expect(undated?.occurredAt).toBe(undated?.receivedAt);
    });

    it('are never dated later than now', async () => {
      const { inbox, logoutStore } = current().store;
      await inbox.receiveListed([listed('1', 'a', (await logoutStore.now()) + HOUR_MS)]);
      const job = await claimOne(current());
      expect(job.occurredAt).toBe(job.receivedAt);
    });

    it('change nothing while the job with the same id is unfinished, with any token', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a'), listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('change only the id of a job that was received before', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(openedBy(await inbox.receiveListed([listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('are recognised when they are received afterwards', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      expect((await inbox.receive([incoming('a')])).opened).toHaveLength(0);
    });

    it('are recognised by the digest of an earlier key, and then by their id', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      const again = { ...listed('1', 'new-a'), earlierDigests: ['digest-x', 'digest-a'] };
      expect(openedBy(await inbox.receiveListed([again]))).toBe(0);
      expect(openedBy(await inbox.receiveListed([listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('change nothing when one job has the id and another job has the token', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.receive([incoming('b')]);
      expect(openedBy(await inbox.receiveListed([listed('1', 'b')]))).toBe(0);
      // The id stays with its job: b may still get the id 2.
      expect(openedBy(await inbox.receiveListed([listed('2', 'b'), listed('2', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 2 });
    });

    it('keep their first id when their token is listed with another one', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      expect(openedBy(await inbox.receiveListed([listed('2', 'a')]))).toBe(0);
      expect(openedBy(await inbox.receiveListed([listed('1', 'other')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });

    it('are counted once if a page contains them twice', async () => {
      expect(openedBy(await current().store.inbox.receiveListed([listed('1', 'a'), listed('1', 'a')]))).toBe(
        1,
      );
    });

    it('have the first of several tokens of one id, in the order of the list', async () => {
      const { inbox } = current().store;
      expect(
        openedBy(await inbox.receiveListed([listed('1', 'z'), listed('2', 'm'), listed('1', 'a')])),
      ).toBe(2);
      const jobs = await inbox.claim(3, 1_000);
      expect(jobs.map(({ digest }) => digest).sort()).toEqual(['digest-m', 'digest-z']);
    });

    it('change nothing when the job is applied', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await logoutStore.applyLogout(await claimOne(current()), 'm-1');
      expect(openedBy(await inbox.receiveListed([listed('1', 'a'), listed('1', 'fresh')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ applied: 1, pending: 0 });
    });

    it('change nothing when the job is rejected', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(job, { state: 'rejected', reason: 'test' });
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1, pending: 0 });
    });
  });

  describe('an ambiguous job', () => {
    it('is opened again with the same token under a new key, and keeps its unknown attempt', async () => {
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

    it('is opened again when it is listed for the first time, and keeps its unknown attempt', async () => {
      await endAmbiguous(current(), 'a');
      expect(openedBy(await current().store.inbox.receiveListed([listed('1', 'a')]))).toBe(1);
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-a', earlierAttemptUnknown: true });
    });

    it('is not opened a second time by the same listed webhook', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'ambiguous', reason: 'test' });
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ ambiguous: 1, pending: 0 });
    });

    it('is opened again with a new token of the same id, and has no unknown attempt', async () => {
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

    it('keeps a row for its former token, with a reason, which is recognised when received or listed again', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'ambiguous', reason: 'test' });
      await inbox.receiveListed([listed('1', 'fresh')]);

      expect(
        (await inbox.receive([incoming('a'), { ...incoming('b'), earlierDigests: ['digest-a'] }])).opened,
      ).toHaveLength(0);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a'), listed('1', 'fresh')]))).toBe(0);
      expect(await summaryOf(current())).toEqual(expect.objectContaining({ pending: 1, rejected: 1 }));
      const [replaced] = (await inbox.list({ state: 'rejected', limit: 10 })).jobs;
      expect(replaced).toMatchObject({
        reason: 'replaced',
        kind: 'logout',
        attempts: 0,
        finishedAt: replaced?.receivedAt,
      });
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-fresh', sealed: 'sealed-fresh' });
      expect(await inbox.claim(10, 1_000)).toEqual([]);
    });

    it('loses its reason and the time of its outcome when it is opened again', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      const [ended] = (await inbox.list({ state: 'ambiguous', limit: 10 })).jobs;
      expect(ended).toMatchObject({ reason: 'test', finishedAt: expect.any(Number) });
      await inbox.receiveListed([listed('1', 'a')]);
      const [open] = (await inbox.list({ state: 'pending', limit: 10 })).jobs;
      expect(open).toMatchObject({ id: ended?.id });
      expect([open?.reason, open?.finishedAt]).toEqual([undefined, undefined]);
    });

    it('keeps the time of its logout when it is opened again', async () => {
      const { inbox } = current().store;
      await endAmbiguous(current(), 'a');
      await current().passTime(HOUR_MS);
      await inbox.receiveListed([listed('1', 'a')]);
      const again = await claimOne(current());
      expect(again.receivedAt - again.occurredAt).toBeGreaterThanOrEqual(HOUR_MS);
      expect(again.receivedAt - again.occurredAt).toBeLessThan(HOUR_MS + MINUTE_MS);
    });

    it('cannot be finished by the worker that leased it before', async () => {
      const { inbox } = current().store;
      const leased = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(leased, { state: 'ambiguous', reason: 'test' });
      await inbox.receiveListed([listed('1', 'a')]);
      expect(await inbox.finish(leased, { state: 'rejected', reason: 'test' })).toBe(false);
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
    });
  });

  it.each(['a', 'fresh'])(
    'opens an expired job again for a whole new time to live, token: %s',
    async (token) => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await current().passTime(DAY_MS);
      expect((await inbox.expire(DAY_MS, 10)).ids).toHaveLength(1);

      expect(await inbox.receiveListed([listed('1', token)])).toEqual({ newCount: 0, reopenedCount: 1 });
      expect((await inbox.expire(DAY_MS, 10)).ids).toHaveLength(0);
      expect(await claimOne(current())).toMatchObject({ sealed: `sealed-${token}` });
    },
  );
}
