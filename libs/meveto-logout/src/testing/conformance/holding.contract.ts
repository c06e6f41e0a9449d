import type { IncomingJob } from '../../store/index.js';
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
import type { Tests } from './tests.js';

/** A job whose token is only in the memory of the receiving process. */
const unsealed = (name: string): IncomingJob => ({ ...incoming(name), sealed: undefined });
const listedUnsealed = (sourceId: string, token: string) => ({
  ...listed(sourceId, token),
  sealed: undefined,
});
const failure = (maybeSent: boolean) => ({ delayMs: 0, maybeSent, reason: 'test' });
const NOTHING = { leased: [], elsewhere: [], refused: [] };

export function holding({ describe, expect, it }: Tests, current: Current): void {
  describe('renew', () => {
    it('extends the leases of several claims at once', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      const [a, b] = await inbox.claim(2, LEASE_MS);
      const c = await claimOne(current(), LEASE_MS);
      await current().passTime(LEASE_MS * 0.75);
      expect(
        (
          await inbox.renew(
            [a, b].flatMap((job) => job ?? []),
            LEASE_MS,
          )
        ).sort(),
      ).toEqual([a?.id, b?.id].sort());
      await current().passTime(LEASE_MS * 0.75);
      expect((await inbox.claim(3, LEASE_MS)).map(({ id }) => id)).toEqual([c.id]);
      expect(await inbox.renew([], LEASE_MS)).toEqual([]);
    });

    it('skips a lost claim, and returns only the renewed ones', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const other = await claimOne(current());
      const finished = await receiveAndClaim(current(), incoming('b'));
      await inbox.finish(finished, { state: 'rejected', reason: 'test' });
      const kept = await receiveAndClaim(current(), incoming('c'));
      expect(await inbox.renew([lost, finished, kept], LEASE_MS * 10)).toEqual([kept.id]);
      await current().passTime(LEASE_MS);
      expect((await claimOne(current())).id).toBe(other.id);
    });

    it('renews a claim after the end of its lease if no other worker has claimed the job', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS * 3);
      expect(await inbox.renew([job], LEASE_MS)).toEqual([job.id]);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
    });

    it('renews 200 claims', async () => {
      const { inbox } = current().store;
      await inbox.receive(Array.from({ length: 200 }, (_, index) => incoming(String(index))));
      const jobs = await inbox.claim(200, LEASE_MS);
      expect(await inbox.renew(jobs, LEASE_MS)).toHaveLength(200);
    });
  });

  describe('a job whose token is in memory', () => {
    it('is stored and claimed in one transaction, without the token', async () => {
      const { inbox } = current().store;
      const { leased, elsewhere } = await inbox.receiveLeased(
        [unsealed('a'), unsealed('b'), unsealed('a')],
        LEASE_MS,
      );
      expect(leased.map(({ digest }) => digest).sort()).toEqual(['digest-a', 'digest-b']);
      expect(leased[0]).toMatchObject({
        sealed: undefined,
        attempts: 1,
        fence: 1,
        earlierAttemptUnknown: false,
      });
      expect(elsewhere).toEqual([]);
      expect(await inbox.claim(5, LEASE_MS)).toEqual([]);
      expect(await summaryOf(current())).toMatchObject({ pending: 2 });
      expect(await inbox.receiveLeased([], LEASE_MS)).toEqual(NOTHING);
    });

    it('is claimed by another worker when its lease is over, with an attempt of unknown outcome', async () => {
      const { inbox } = current().store;
      await inbox.receiveLeased([unsealed('a')], LEASE_MS);
      await current().passTime(LEASE_MS);
      expect(await claimOne(current())).toMatchObject({ sealed: undefined, earlierAttemptUnknown: true });
    });

    it('is reported as elsewhere while it is leased to another process, and no longer when it is finished', async () => {
      const { inbox } = current().store;
      const { leased } = await inbox.receiveLeased([unsealed('a')], LEASE_MS);
      expect(await inbox.receiveLeased([unsealed('a')], LEASE_MS)).toEqual({
        ...NOTHING,
        elsewhere: ['digest-a'],
      });
      const [job] = leased;
      if (job !== undefined) await inbox.finish(job, { state: 'rejected', reason: 'test' });
      expect(await inbox.receiveLeased([unsealed('a')], LEASE_MS)).toEqual(NOTHING);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, rejected: 1 });
    });

    it('is reported as elsewhere beside a new job, and is not claimed again when it is finished', async () => {
      const { inbox } = current().store;
      const { leased: first } = await inbox.receiveLeased([unsealed('a'), unsealed('finished')], LEASE_MS);
      const finished = first.find(({ digest }) => digest === 'digest-finished');
      if (finished !== undefined) await inbox.finish(finished, { state: 'rejected', reason: 'test' });
      const { leased, elsewhere } = await inbox.receiveLeased(
        [unsealed('a'), unsealed('b'), unsealed('finished')],
        LEASE_MS,
      );
      expect(leased.map(({ digest }) => digest)).toEqual(['digest-b']);
      expect(elsewhere).toEqual(['digest-a']);
      await current().passTime(LEASE_MS);
      const again = await inbox.receiveLeased([unsealed('finished')], LEASE_MS);
      expect(again).toEqual(NOTHING);
    });

    it('is opened again and claimed when it is ambiguous and listed with a new token', async () => {
      const { inbox } = current().store;
      const [job] = await inbox.receiveListedLeased([listedUnsealed('1', 'a')], LEASE_MS);
      if (job === undefined) throw new Error('no job is leased');
      await inbox.finish(job, { state: 'ambiguous', reason: 'test' });
      expect(await inbox.receiveListedLeased([listedUnsealed('1', 'a')], LEASE_MS)).toEqual([]);
      expect(await inbox.receiveListedLeased([listedUnsealed('1', 'fresh')], LEASE_MS)).toEqual([
        expect.objectContaining({ id: job.id, digest: 'digest-fresh', earlierAttemptUnknown: false }),
      ]);
      expect(await inbox.finish(job, { state: 'rejected', reason: 'test' })).toBe(false);
    });

    it('is claimed by a process that receives its token when it is not leased', async () => {
      const { inbox } = current().store;
      await inbox.receiveLeased([unsealed('a')], LEASE_MS);
      await current().passTime(LEASE_MS);
      const { leased } = await inbox.receiveLeased(
        [{ ...unsealed('new-a'), earlierDigests: ['digest-a'] }],
        LEASE_MS,
      );
      expect(leased).toEqual([
        expect.objectContaining({ digest: 'digest-a', attempts: 2, fence: 2, earlierAttemptUnknown: true }),
      ]);
    });

    it.each(['received', 'listed'] as const)(
      'is opened again when its token was lost and it is %s again',
      async (how) => {
        const { inbox } = current().store;
        const receive = async () =>
          how === 'received'
            ? (await inbox.receiveLeased([unsealed('a')], LEASE_MS)).leased
            : inbox.receiveListedLeased([listedUnsealed('1', 'a')], LEASE_MS);
        await receive();
        await current().passTime(LEASE_MS);
        await inbox.finish(await claimOne(current()), { state: 'ambiguous', reason: 'token-lost' });
        expect(await receive()).toEqual([
          expect.objectContaining({ digest: 'digest-a', earlierAttemptUnknown: true }),
        ]);
        expect(await summaryOf(current())).toMatchObject({ pending: 1, ambiguous: 0 });
      },
    );

    it.each(['received', 'listed'] as const)('resumes when it expired and is %s again', async (how) => {
      const { inbox } = current().store;
      const [first] = await inbox.receiveListedLeased([listedUnsealed('1', 'a')], LEASE_MS);
      await current().passTime(DAY_MS);
      expect((await inbox.expire(DAY_MS, 10)).count).toBe(1);
      const leased =
        how === 'received'
          ? (await inbox.receiveLeased([unsealed('a')], LEASE_MS)).leased
          : await inbox.receiveListedLeased([listedUnsealed('1', 'a')], LEASE_MS);
      expect(leased).toEqual([expect.objectContaining({ id: first?.id, earlierAttemptUnknown: true })]);
      expect((await inbox.expire(DAY_MS, 10)).count).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1, expired: 0 });
    });

    it('stays ambiguous when the reason is another one', async () => {
      const { inbox } = current().store;
      const { leased } = await inbox.receiveLeased([unsealed('a')], LEASE_MS);
      const [job] = leased;
      if (job !== undefined) await inbox.finish(job, { state: 'ambiguous', reason: 'test' });
      expect(await inbox.receiveLeased([unsealed('a')], LEASE_MS)).toEqual(NOTHING);
      expect(await summaryOf(current())).toMatchObject({ ambiguous: 1 });
    });

    it('is claimed when it is listed and new, and stays unchanged when it is listed and known', async () => {
      const { inbox, logoutStore } = current().store;
      const createdAt = (await logoutStore.now()) - HOUR_MS;
      const job = { ...listed('1', 'a', createdAt), sealed: undefined };
      expect(await inbox.receiveListedLeased([job], LEASE_MS)).toEqual([
        expect.objectContaining({ digest: 'digest-a', occurredAt: createdAt, attempts: 1 }),
      ]);
      expect(await inbox.receiveListedLeased([job], LEASE_MS)).toEqual([]);
      expect(await inbox.receiveListedLeased([], LEASE_MS)).toEqual([]);
    });

    it('is not claimed by receiveLeased when its token is stored', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('a')]);
      expect(await inbox.receiveLeased([unsealed('a')], LEASE_MS)).toEqual(NOTHING);
      expect(await claimOne(current())).toMatchObject({ sealed: 'sealed-a' });
    });
  });

  describe('beginAgain', () => {
    it.each([true, false])(
      'leaves an unknown attempt only if the failed attempt may have been sent: %s',
      async (maybeSent) => {
        const { inbox } = current().store;
        const { leased } = await inbox.receiveLeased([unsealed('a')], LEASE_MS);
        const [job] = leased;
        if (job === undefined) throw new Error('no job is leased');
        const again = await inbox.beginAgain(job, failure(maybeSent), LEASE_MS);
        if (again === undefined) throw new Error('the claim was lost');
        // The second attempt was certainly not sent: only the first one can be unknown.
        await inbox.release(again, failure(false));
        expect((await claimOne(current())).earlierAttemptUnknown).toBe(maybeSent);
      },
    );

    it.each([true, false])(
      'marks the next attempt as begun, and records whether the token may have been sent: %s',
      async (maybeSent) => {
        const { inbox } = current().store;
        const job = await receiveAndClaim(current(), incoming('a'));
        await current().passTime(LEASE_MS / 2);
        const again = await inbox.beginAgain(job, failure(maybeSent), LEASE_MS);
        expect(again).toMatchObject({
          id: job.id,
          fence: job.fence,
          attempts: 2,
          earlierAttemptUnknown: maybeSent,
        });
        await current().passTime(LEASE_MS / 2);
        expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
        await current().passTime(LEASE_MS / 2);
        // The next worker does not know the outcome of the attempt that was begun.
        expect(await claimOne(current())).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
      },
    );

    it('keeps the mark of an unknown attempt after a later attempt that was not sent', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      const second = await inbox.beginAgain(job, failure(true), LEASE_MS);
      if (second === undefined) throw new Error('the claim was lost');
      const third = await inbox.beginAgain(second, failure(false), LEASE_MS);
      expect(third).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
    });

    it('resolves undefined when the claim is lost', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const leased = await claimOne(current());
      expect(await inbox.beginAgain(lost, failure(true), LEASE_MS)).toBeUndefined();
      await inbox.finish(leased, { state: 'rejected', reason: 'test' });
      expect(await inbox.beginAgain(leased, failure(true), LEASE_MS)).toBeUndefined();
      expect(await summaryOf(current())).toMatchObject({ pending: 0, rejected: 1 });
    });
  });
}
