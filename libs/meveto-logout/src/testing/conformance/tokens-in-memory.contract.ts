import type { IncomingJob } from '../../store/index.js';
import {
  claimOne,
  type Current,
  DAY_MS,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

/** A job whose token is only in the memory of the receiving process. */
const unsealed = (name: string): IncomingJob => ({ ...incoming(name), sealed: undefined });
const listedUnsealed = (sourceId: string, token: string) => ({
  ...listed(sourceId, token),
  sealed: undefined,
});
const NOTHING = { leased: [], elsewhere: [], refused: [] };

export function tokensInMemory({ describe, expect, it }: Tests, current: Current): void {
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
      expect((await inbox.expire(DAY_MS, 10)).ids).toHaveLength(1);
      const leased =
        how === 'received'
          ? (await inbox.receiveLeased([unsealed('a')], LEASE_MS)).leased
          : await inbox.receiveListedLeased([listedUnsealed('1', 'a')], LEASE_MS);
      expect(leased).toEqual([expect.objectContaining({ id: first?.id, earlierAttemptUnknown: true })]);
      expect((await inbox.expire(DAY_MS, 10)).ids).toHaveLength(0);
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
}
