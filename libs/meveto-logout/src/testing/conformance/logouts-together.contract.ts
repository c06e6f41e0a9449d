import { type ClaimedJob, LoginOutdatedError, type Logout } from '../../store/index.js';
import {
  type Current,
  endAmbiguous,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  nextMillisecond,
  receiveAndClaim,
  removal,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** Logouts that are written in one transaction. */
export function logoutsTogether({ describe, expect, it }: Tests, current: Current): void {
  describe('logouts in one transaction', () => {
    /** The jobs of these names, in their order. */
    const claimed = async (names: readonly string[], sender?: string): Promise<ClaimedJob[]> => {
      const { inbox } = current().store;
      await inbox.receive(names.map((name) => ({ ...incoming(name), sender })));
      const jobs = await inbox.claim(names.length, LEASE_MS);
      return names.map((name) => {
        const job = jobs.find(({ digest }) => digest === `digest-${name}`);
        if (job === undefined) throw new Error('the job was not claimed');
        return job;
      });
    };
    const addUsers = async (count: number): Promise<void> => {
      for (const id of numbers(count)) await current().addUser(id, `m-${String(id)}`);
    };

    it.each([1, 2, 5, 33])(
      'log out each of %d users, with their tokens, before one commit',
      async (count) => {
        await addUsers(count + 1);
        for (const id of numbers(count + 1)) {
          await current().addToken(`early-${String(id)}`, id, 1_000);
          await current().addToken(`undated-${String(id)}`, id, null);
        }
        const later = (await current().store.logoutStore.now()) + 3_600_000;
        await current().addToken('later-1', 1, later);
        const jobs = await claimed(numbers(count).map(String), 'sender-a');
        const { logoutStore, inbox } = current().store;
        const announced: Logout[] = [];
        const answers = jobs.map((job, index) => ({ job, mevetoId: `m-${String(index + 1)}` }));
        const outcomes = await logoutStore.applyLogouts(answers, (logout) => announced.push(logout));

        const logouts = jobs.map((job, index) => ({
          userId: String(index + 1),
          loggedOutAt: job.occurredAt,
        }));
        expect(jobs.map(({ id }) => outcomes.get(id))).toEqual(
          logouts.map((logout) => ({ kind: 'applied', logout })),
        );
        expect(announced).toEqual(logouts);
        const stored = (await logoutStore.committedSince(0)).logouts;
        expect([...stored].sort((a, b) => Number(a.userId) - Number(b.userId))).toEqual(logouts);
        const left = String(count + 1);
        expect(await current().liveTokens()).toEqual([`early-${left}`, 'later-1', `undated-${left}`]);
        expect(await summaryOf(current())).toMatchObject({ applied: count, pending: 0 });
        expect(await inbox.knownSenders(['sender-a', 'sender-b'], LEASE_MS)).toEqual(['sender-a']);
        for (const [index, job] of jobs.entries())
          expect(await logoutStore.applyLogout(job, answers[index]?.mevetoId ?? '')).toEqual(
            outcomes.get(job.id),
          );
      },
    );

    it('set the last logout of each user', async () => {
      await addUsers(3);
      const jobs = await claimed(['1', '2', '3']);
      const { logoutStore } = current().store;
      await logoutStore.applyLogouts(jobs.map((job, index) => ({ job, mevetoId: `m-${String(index + 1)}` })));
      for (const id of numbers(3)) {
        const refused = logoutStore.recordLogin(String(id), jobs[id - 1]?.occurredAt);
        await expect(refused).rejects.toThrow(LoginOutdatedError);
      }
    });

    it('leave a later logout of a user as it is, and move an earlier one forward', async () => {
      await addUsers(2);
      const earlierAt = await logOut(current(), 'earlier', 'm-1');
      await nextMillisecond(current());
      const [first, second] = await claimed(['first', 'second']);
      if (first === undefined || second === undefined) throw new Error('there are no jobs');
      await nextMillisecond(current());
      const laterAt = await logOut(current(), 'later', 'm-2');
      const { logoutStore } = current().store;
      const outcomes = await logoutStore.applyLogouts([
        { job: first, mevetoId: 'm-1' },
        { job: second, mevetoId: 'm-2' },
      ]);
      expect(first.occurredAt).toBeGreaterThan(earlierAt);
      expect(outcomes.get(first.id)).toMatchObject({ logout: { loggedOutAt: first.occurredAt } });
      expect(outcomes.get(second.id)).toMatchObject({ logout: { loggedOutAt: laterAt } });
      const { logouts } = await logoutStore.committedSince(0);
      expect(logouts).toContainEqual({ userId: '1', loggedOutAt: first.occurredAt });
      expect(logouts).toContainEqual({ userId: '2', loggedOutAt: laterAt });
    });

    it.each([
      [0, 1, 2],
      [2, 1, 0],
    ])('of one user in the order %d, %d, %d all get the latest time', async (...order) => {
      await addUsers(1);
      const { inbox, logoutStore } = current().store;
      const now = await logoutStore.now();
      await inbox.receiveListed(
        order.map((age) => listed(`id-${String(age)}`, String(age), now - age * 1_000)),
      );
      const jobs = await inbox.claim(3, LEASE_MS);
      const outcomes = await logoutStore.applyLogouts(jobs.map((job) => ({ job, mevetoId: 'm-1' })));
      const outcome = { kind: 'applied', logout: { userId: '1', loggedOutAt: now } };
      expect([...outcomes.values()]).toEqual([outcome, outcome, outcome]);
      expect(await summaryOf(current())).toMatchObject({ applied: 3 });
    });

    it('leave out a job that is finished, unknown, given twice, or not the job of this answer', async () => {
      await addUsers(5);
      const [good, finished, renamed] = await claimed(['good', 'finished', 'renamed']);
      if (good === undefined || finished === undefined || renamed === undefined) throw new Error('no jobs');
      const { inbox, logoutStore } = current().store;
      await inbox.finish(finished, { state: 'rejected', reason: 'test' });
      const answers = [
        { job: good, mevetoId: 'm-1' },
        { job: good, mevetoId: 'm-2' },
        { job: finished, mevetoId: 'm-3' },
        { job: { ...good, id: 'no-such-job' }, mevetoId: 'm-4' },
        { job: { ...renamed, digest: 'digest-other', fence: renamed.fence + 1 }, mevetoId: 'm-5' },
      ];
      const outcomes = await logoutStore.applyLogouts(answers);
      expect([...outcomes.keys()]).toEqual([good.id]);
      expect((await logoutStore.committedSince(0)).logouts).toMatchObject([{ userId: '1' }]);
      expect(await summaryOf(current())).toMatchObject({ applied: 1, rejected: 1, pending: 1 });
    });

    it.each([
      ['digest', { fence: 99 }],
      ['fence', { digest: 'digest-other' }],
    ])('finish an ambiguous job with the same %s', async (_same, other) => {
      await addUsers(1);
      await endAmbiguous(current(), 'a');
      await current().store.inbox.receiveListed([listed('1', 'a')]);
      const [job] = await current().store.inbox.claim(1, LEASE_MS);
      if (job === undefined) throw new Error('the job was not claimed');
      await current().store.inbox.finish(job, { state: 'ambiguous', reason: 'test' });
      const outcomes = await current().store.logoutStore.applyLogouts([
        { job: { ...job, ...other }, mevetoId: 'm-1' },
      ]);
      expect(outcomes.get(job.id)?.kind).toBe('applied');
      expect(await summaryOf(current())).toMatchObject({ applied: 1, ambiguous: 0 });
    });

    it('leave out a Meveto ID that no user has, or that was removed from a user', async () => {
      await addUsers(2);
      const gone = await receiveAndClaim(current(), removal('gone'));
      const { logoutStore } = current().store;
      await logoutStore.applyProtectionRemoved(gone, 'm-1');
      await current().link(2, 'm-1');
      await current().addUser(3, 'm-3');
      const [removed, nobody, good] = await claimed(['removed', 'nobody', 'good']);
      if (removed === undefined || nobody === undefined || good === undefined) throw new Error('no jobs');
      const outcomes = await logoutStore.applyLogouts([
        { job: removed, mevetoId: 'm-1' },
        { job: nobody, mevetoId: 'm-9' },
        { job: good, mevetoId: 'm-3' },
      ]);
      expect([...outcomes.keys()]).toEqual([good.id]);
      expect(await summaryOf(current())).toMatchObject({ pending: 2 });
    });

    it('write nothing for no answers', async () => {
      expect((await current().store.logoutStore.applyLogouts([])).size).toBe(0);
    });
  });
}
