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
import type { Tests } from './tests.js';

const NO_ROOM = { listed: 0, known: 0, unknown: 0 };

export function receiving({ describe, expect, it }: Tests, current: Current): void {
  describe('receive', () => {
    it('stores a new job unchanged', async () => {
      expect((await current().store.inbox.receive([removal('a')])).opened).toHaveLength(1);
      expect(await claimOne(current())).toMatchObject({
        kind: 'unlink',
        digest: 'digest-a',
        sealed: 'sealed-a',
      });
    });

    it('dates a job by its receipt', async () => {
      const { logoutStore } = current().store;
      const before = await logoutStore.now();
      const job = await receiveAndClaim(current(), incoming('a'));
      expect(job.receivedAt).toBeGreaterThanOrEqual(before);
      expect(job.receivedAt).toBeLessThanOrEqual(await logoutStore.now());
      expect(job.occurredAt).toBe(job.receivedAt);
    });

    it('does not change a known job', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      expect((await inbox.receive([{ ...removal('a'), sealed: 'sealed again' }])).opened).toHaveLength(0);
      expect(await inbox.claim(10, 1_000)).toEqual([
        expect.objectContaining({ kind: 'logout', sealed: 'sealed-a' }),
      ]);
    });

    it('stores each job of a batch once', async () => {
      const { inbox } = current().store;
      expect((await inbox.receive([incoming('a'), incoming('b'), incoming('a')])).opened).toHaveLength(2);
      expect((await inbox.receive([incoming('c'), incoming('b')])).opened).toHaveLength(1);
      expect(await summaryOf(current())).toMatchObject({ pending: 3 });
    });

    it('does not change a job with a digest by an earlier key, finished or not', async () => {
      const { inbox } = current().store;
      const again = (name: string, ...earlier: string[]) => ({
        ...incoming(name),
        earlierDigests: earlier.map((each) => `digest-${each}`),
      });
      await inbox.receive([incoming('a')]);
      const finished = await receiveAndClaim(current(), incoming('b'));
      await inbox.finish(finished, { state: 'rejected', reason: 'test' });
      expect(
        (await inbox.receive([again('new-a', 'x', 'a'), again('new-b', 'b'), again('c', 'y')])).opened,
      ).toHaveLength(1);
      expect(await summaryOf(current())).toMatchObject({ pending: 2, rejected: 1 });
    });

    it('stores a batch of 200 jobs', async () => {
      const batch = Array.from({ length: 200 }, (_, index) => incoming(String(index)));
      expect((await current().store.inbox.receive(batch)).opened).toHaveLength(200);
    });

    it('allows unfinished() to return the digests of unfinished jobs', async () => {
      const { inbox } = current().store;
      const finished = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(finished, { state: 'ambiguous', reason: 'test' });
      await receiveAndClaim(current(), incoming('b'));
      await inbox.receive([incoming('c'), incoming('not asked about')]);
      const digests = ['a', 'b', 'c', 'd'].map((name) => `digest-${name}`);
      expect((await inbox.unfinished(digests)).sort()).toEqual(['digest-b', 'digest-c']);
      expect(await inbox.unfinished([])).toEqual([]);
    });

    it('stores nothing for an empty batch', async () => {
      const { inbox } = current().store;
      expect((await inbox.receive([])).opened).toHaveLength(0);
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
      'opens an expired job (%s) again when its token is received again, for a whole new time to live',
      async (reason) => {
        const { inbox } = current().store;
        const first = await receiveAndClaim(current(), incoming('a'));
        await inbox.release(first, { delayMs: 0, maybeSent: true, reason: 'test' });
        const second = await claimOne(current());
        await current().passTime(DAY_MS);
        await inbox.finish(second, { state: 'expired', reason });
        const again = { ...incoming('new-a'), earlierDigests: ['digest-a'], priority: 'known' as const };
        expect((await inbox.receive([incoming('b'), again])).opened).toHaveLength(2);
        expect((await inbox.receive([again])).opened).toHaveLength(0);
        expect((await inbox.expire(DAY_MS, 10)).ids).toHaveLength(0);
        const [open] = await inbox.claim(1, 1_000);
        expect(open).toMatchObject({
          id: first.id,
          digest: 'digest-new-a',
          sealed: 'sealed-new-a',
          priority: 'known',
          earlierAttemptUnknown: true,
        });
        expect((open?.receivedAt ?? 0) - (open?.occurredAt ?? 0)).toBeGreaterThanOrEqual(DAY_MS);
        expect(await inbox.finish(second, { state: 'rejected', reason: 'test' })).toBe(false);
        expect(await summaryOf(current())).toMatchObject({ pending: 2, expired: 0 });
      },
    );

    it('resumes a job that waits for its key when its token is received again', async () => {
      const { inbox } = current().store;
      const unread = await receiveAndClaim(current(), incoming('a'));
      const again = { ...incoming('new-a'), earlierDigests: ['digest-a'] };
      expect((await inbox.receive([again])).opened).toHaveLength(0);
      await inbox.release(unread, { delayMs: DAY_MS, maybeSent: false, reason: 'key-missing' });
      expect((await inbox.receive([again])).opened).toHaveLength(1);
      const open = await claimOne(current());
      expect(open).toMatchObject({ id: unread.id, digest: 'digest-new-a', sealed: 'sealed-new-a' });
      expect((await inbox.receive([again])).opened).toHaveLength(0);
      await inbox.release(open, { delayMs: DAY_MS, maybeSent: false, reason: 'refused' });
      expect((await inbox.receive([incoming('new-a')])).opened).toHaveLength(0);
    });

    it('stores the token of a job that was in the memory of one process, for the next worker', async () => {
      const { inbox } = current().store;
      const { leased } = await inbox.receiveLeased([{ ...incoming('a'), sealed: undefined }], 1_000);
      expect((await inbox.receive([incoming('a')])).opened).toHaveLength(0);
      // The process that leases the job continues.
      expect(await inbox.claim(10, 1_000)).toEqual([]);
      expect(await inbox.renew(leased, 1_000)).toHaveLength(1);
      await current().passTime(1_000);
      expect(await claimOne(current())).toMatchObject({ sealed: 'sealed-a', earlierAttemptUnknown: true });
    });

    it('opens a job again when its lost token is received again', async () => {
      const { inbox } = current().store;
      const { leased } = await inbox.receiveLeased([{ ...incoming('a'), sealed: undefined }], 1_000);
      for (const job of leased) await inbox.finish(job, { state: 'ambiguous', reason: 'token-lost' });
      expect((await inbox.receive([incoming('a')])).opened).toHaveLength(1);
      expect(await claimOne(current())).toMatchObject({ sealed: 'sealed-a', earlierAttemptUnknown: true });
    });

    it.each(['rejected', 'ambiguous'] as const)('recognises a job that is finished as %s', async (state) => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(job, { state, reason: 'test' });
      expect((await inbox.receive([incoming('a')])).opened).toHaveLength(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, [state]: 1 });
    });

    it('recognises a finished job', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(job, { state: 'rejected', reason: 'test' });
      expect((await inbox.receive([incoming('a')])).opened).toHaveLength(0);
      expect(await inbox.claim(10, 1_000)).toEqual([]);
    });

    it('stores new jobs as far as their priority has room, in the order of the batch', async () => {
      const { inbox } = current().store;
      const known = { ...incoming('known'), priority: 'known' as const };
      const jobs = [incoming('a'), known, incoming('b'), incoming('a'), incoming('c'), incoming('c')];
      const { opened, refused } = await inbox.receive(jobs, { listed: 0, known: 1, unknown: 2 });
      expect([...opened].sort()).toEqual(['digest-a', 'digest-b', 'digest-known']);
      expect(new Set(refused)).toEqual(new Set(['digest-c']));
      expect(await summaryOf(current())).toMatchObject({ pending: 3 });
    });

    it('needs no room for a known job, in any state', async () => {
      const { inbox } = current().store;
      for (const state of ['rejected', 'ambiguous'] as const) {
        const job = await receiveAndClaim(current(), incoming(state));
        await inbox.finish(job, { state, reason: 'test' });
      }
      const unread = await receiveAndClaim(current(), incoming('unread'));
      await inbox.release(unread, { delayMs: DAY_MS, maybeSent: false, reason: 'key-missing' });
      await inbox.receive([incoming('waits')]);
      const known = ['rejected', 'ambiguous', 'waits', 'unread'].map((name) => incoming(name));
      expect(await inbox.receive([...known, incoming('new')], NO_ROOM)).toEqual({
        opened: ['digest-unread'],
        refused: ['digest-new'],
      });
    });

    it('needs room to open a finished job again', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(job, { state: 'expired', reason: 'test' });
      expect(await inbox.receive([incoming('a')], NO_ROOM)).toEqual({ opened: [], refused: ['digest-a'] });
      expect(await summaryOf(current())).toMatchObject({ pending: 0, expired: 1 });
      expect((await inbox.receive([incoming('a')], { ...NO_ROOM, unknown: 1 })).opened).toEqual(['digest-a']);
    });

    it('claims only jobs that have room, if their tokens are in memory', async () => {
      const { inbox } = current().store;
      const unsealed = ['a', 'b'].map((name) => ({ ...incoming(name), sealed: undefined }));
      const { leased, refused } = await inbox.receiveLeased(unsealed, 1_000, { ...NO_ROOM, unknown: 1 });
      expect(leased.map(({ digest }) => digest)).toEqual(['digest-a']);
      expect(refused).toEqual(['digest-b']);
      expect((await inbox.receiveLeased(unsealed, 1_000, NO_ROOM)).elsewhere).toEqual(['digest-a']);
    });
  });
}
