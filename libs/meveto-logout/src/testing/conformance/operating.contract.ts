import {
  claimOne,
  type Current,
  DAY_MS,
  endAmbiguous,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  MINUTE_MS,
  receiveAndClaim,
  removal,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

/** The data and the actions of an operator. */
export function operating({ describe, expect, it }: Tests, current: Current): void {
  const onlyIn = async (state: 'ambiguous' | 'expired' | 'pending' | 'rejected' | 'applied') => {
    const { jobs } = await current().store.inbox.list({ state, limit: 2 });
    const [job] = jobs;
    if (job === undefined || jobs.length > 1) throw new Error(`${String(jobs.length)} jobs are ${state}`);
    return job;
  };
  const expired = async (name: string) => {
    await current().store.inbox.receive([incoming(name)]);
    await current().passTime(DAY_MS);
    await current().store.inbox.expire(DAY_MS, 10);
  };

  describe('list', () => {
    it('returns the facts of a job without its token', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), removal('abcdef'));
      await inbox.finish(job, { state: 'ambiguous', reason: 'why' });
      const shown = await onlyIn('ambiguous');
      expect(shown).toEqual({
        id: job.id,
        kind: 'unlink',
        state: 'ambiguous',
        reason: 'why',
        receivedAt: job.receivedAt,
        occurredAt: job.occurredAt,
        finishedAt: expect.any(Number),
        attempts: 1,
        digestPrefix: 'digest-a',
      });
      expect(shown.finishedAt).toBeGreaterThanOrEqual(job.receivedAt);
    });

    it('returns unfinished jobs without a reason and a time of finishing', async () => {
      await current().store.inbox.receive([incoming('a')]);
      expect(await onlyIn('pending')).toMatchObject({
        finishedAt: undefined,
        reason: undefined,
        attempts: 0,
      });
    });

    it.each(['pending', 'ambiguous'] as const)(
      'returns %s jobs in pages, latest first, each job once',
      async (state) => {
        const { inbox } = current().store;
        for (const names of [['a'], ['b'], ['c', 'd'], ['e']]) {
          // Two pending jobs have the same time: one is the last of a page, the other the first of the next page.
          if (state === 'pending') await inbox.receive(names.map((name) => incoming(name)));
          else for (const name of names) await endAmbiguous(current(), name);
          await current().passTime(MINUTE_MS);
        }
        await inbox.receiveListed([listed('1', 'a')]);
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await inbox.list({ state, limit: 2, after });
          expect(page.jobs.length).toBeLessThanOrEqual(2);
          seen.push(...page.jobs.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        const all = await inbox.list({ state, limit: 10 });
        expect(all.next).toBeUndefined();
        expect(seen).toEqual(all.jobs.map(({ id }) => id));
        expect(new Set(seen).size).toBe(state === 'pending' ? 5 : 4);
        const times = all.jobs.map(({ receivedAt, finishedAt }) => finishedAt ?? receivedAt);
        expect(times).toEqual([...times].sort((a, b) => b - a));
      },
    );

    it('returns an empty page when there are no jobs', async () => {
      expect(await current().store.inbox.list({ state: 'expired', limit: 5 })).toEqual({
        jobs: [],
        next: undefined,
      });
    });
  });

  describe('retryNow', () => {
    it('makes a job due now that waits after a failed attempt', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(job, { delayMs: HOUR_MS, maybeSent: true, reason: 'timeout' });
      expect(await onlyIn('pending')).toMatchObject({ reason: 'timeout', attempts: 1 });
      expect(await inbox.retryNow(job.id)).toBe(true);
      expect((await claimOne(current())).id).toBe(job.id);
    });

    it('does not change a leased or a finished job', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(job, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      const again = await claimOne(current());
      expect(await inbox.retryNow(job.id)).toBe(false);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await inbox.finish(again, { state: 'ambiguous', reason: 'test' });
      expect(await inbox.retryNow(job.id)).toBe(false);
      expect(await inbox.retryNow('nobody')).toBe(false);
    });

    it('does not change a job whose token is in the memory of a process', async () => {
      const { inbox } = current().store;
      const { leased } = await inbox.receiveLeased([{ ...incoming('a'), sealed: undefined }], LEASE_MS);
      const [job] = leased;
      if (job === undefined) throw new Error('the job is not leased');
      await inbox.release(job, { delayMs: HOUR_MS, maybeSent: false, reason: 'timeout' });
      expect(await inbox.retryNow(job.id)).toBe(false);
    });
  });

  describe('discard', () => {
    it.each(['ambiguous', 'expired'] as const)(
      'finishes an %s job as rejected, with the reason',
      async (state) => {
        if (state === 'ambiguous') await endAmbiguous(current(), 'a');
        else await expired('a');
        const { inbox } = current().store;
        const { id } = await onlyIn(state);
        const endedAt = (await onlyIn(state)).finishedAt ?? 0;
        await current().passTime(HOUR_MS);
        expect(await inbox.discard(id, 'operator: a test')).toBe(true);
        const discarded = await onlyIn('rejected');
        expect(discarded).toMatchObject({ id, reason: 'operator: a test' });
        expect(discarded.finishedAt).toBeGreaterThanOrEqual(endedAt);
        expect(await inbox.discard(id, 'again')).toBe(false);
        expect((await inbox.receive([incoming('a')])).opened).toHaveLength(0);
      },
    );

    it('does not change a job in another state', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      expect(await inbox.discard(job.id, 'x')).toBe(false);
      await current().store.logoutStore.applyLogout(job, 'm-unknown');
      expect(await inbox.discard(job.id, 'x')).toBe(false);
      expect(await inbox.discard('nobody', 'x')).toBe(false);
      expect(await summaryOf(current())).toMatchObject({ unknown_user: 1, rejected: 0 });
    });
  });

  describe('resolve', () => {
    it.each(['ambiguous', 'expired'] as const)(
      'logs the user of an %s job out, at the time of its receipt',
      async (state) => {
        await current().addUser(1, 'm-1');
        const { logoutStore } = current().store;
        if (state === 'ambiguous') await endAmbiguous(current(), 'a');
        else await expired('a');
        const job = await onlyIn(state);
        await current().addToken('before', 1, job.occurredAt);
        await current().addToken('after', 1, job.occurredAt + 1);
        const announced: unknown[] = [];
        const logout = { userId: '1', loggedOutAt: job.occurredAt };
        expect(await logoutStore.resolve(job.id, '1', (each) => announced.push(each))).toEqual({
          kind: 'applied',
          logout,
        });
        expect(announced).toEqual([logout]);
        expect(await current().liveTokens()).toEqual(['after']);
        expect((await logoutStore.committedSince(0)).logouts).toEqual([logout]);
        expect(await onlyIn('applied')).toMatchObject({ id: job.id, reason: 'operator' });
        expect(await logoutStore.resolve(job.id, '1')).toEqual({ kind: 'claim-lost' });
      },
    );

    it('clears the Meveto ID for a removal, and logs no user out', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const job = await receiveAndClaim(current(), removal('a'));
      await inbox.finish(job, { state: 'ambiguous', reason: 'test' });
      expect(await logoutStore.resolve(job.id, '1')).toEqual({ kind: 'unlinked', userId: '1' });
      expect(await current().mevetoIdOf(1)).toBeNull();
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
    });

    it.each(['2', 'nobody', '99999999999999999999'])(
      'changes nothing for the missing user %s',
      async (userId) => {
        await current().addUser(1, 'm-1');
        await endAmbiguous(current(), 'a');
        const { id } = await onlyIn('ambiguous');
        expect(await current().store.logoutStore.resolve(id, userId)).toEqual({ kind: 'unknown-user' });
        expect(await summaryOf(current())).toMatchObject({ ambiguous: 1, applied: 0 });
      },
    );

    it('does not change a job in another state', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      expect(await logoutStore.resolve(job.id, '1')).toEqual({ kind: 'claim-lost' });
      await inbox.finish(job, { state: 'rejected', reason: 'test' });
      expect(await logoutStore.resolve(job.id, '1')).toEqual({ kind: 'claim-lost' });
      expect(await logoutStore.resolve('nobody', '1')).toEqual({ kind: 'claim-lost' });
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
    });

    it('is final: a late answer has no effect', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      const { inbox, logoutStore } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(job, { state: 'ambiguous', reason: 'test' });
      await logoutStore.resolve(job.id, '1');
      expect(await logoutStore.applyLogout(job, 'm-2')).toEqual({ kind: 'claim-lost' });
      expect((await logoutStore.committedSince(0)).logouts).toHaveLength(1);
    });
  });
}
