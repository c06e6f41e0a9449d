import { describe, expect, it, jest } from '@jest/globals';
import type { ApplyOutcome } from '../store/job.js';
import { StoreUnavailableError } from '../store/errors.js';
import type { ClaimedJob, NamedJob } from '../store/inbox-jobs.js';
import type { Store } from '../store/store.port.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { LogoutService } from './logout.service.js';

const jobOf = (id: string) => ({ id, kind: 'logout' }) as ClaimedJob;
const jobs = (count: number, from = 0): ClaimedJob[] =>
  Array.from({ length: count }, (_, index) => jobOf(String(from + index)));
const outcomeOf = ({ id }: ClaimedJob): ApplyOutcome => ({
  kind: 'applied',
  logout: { userId: id, loggedOutAt: 1 },
});
const rowFault = () => new StoreUnavailableError('test', { isRowFault: true });

/** A store that applies every answer, and records the sizes of its transactions. */
function fakeStore() {
  const sizes: number[] = [];
  const alone: string[] = [];
  /** Called before each transaction; a rejection fails it. */
  const before = jest.fn<(answers: readonly NamedJob[]) => Promise<void>>(() => Promise.resolve());
  const logoutStore = {
    applyLogouts: async (answers: readonly NamedJob[]) => {
      sizes.push(answers.length);
      await before(answers);
      const applied = answers.filter(({ mevetoId }) => mevetoId === 'plain');
      return new Map(applied.map(({ job }) => [job.id, outcomeOf(job)]));
    },
    applyLogout: async (job: ClaimedJob, mevetoId: string) => {
      alone.push(job.id);
      await before([{ job, mevetoId }]);
      return outcomeOf(job);
    },
  };
  const service = new LogoutService({ logoutStore } as unknown as Store, new LogoutCache(), loggedEvents());
  return { service, before, sizes, alone };
}

describe('logouts in batches', () => {
  it('share one transaction if their answers are there together', async () => {
    const { service, sizes } = fakeStore();
    const all = jobs(20);
    const outcomes = await Promise.all(all.map((job) => service.apply(job, 'plain')));
    expect(outcomes).toEqual(all.map(outcomeOf));
    expect(sizes).toEqual([20]);
  });

  it('share the next transaction if they arrive during a commit, 256 at most', async () => {
    const { service, before, sizes } = fakeStore();
    let commit: () => void = () => undefined;
    before.mockImplementationOnce(() => new Promise((resolve) => (commit = resolve)));
    const first = service.apply(jobOf('first'), 'plain');
    while (sizes.length === 0) await new Promise(setImmediate);
    const others = jobs(300).map((job) => service.apply(job, 'plain'));
    await new Promise(setImmediate);
    expect(sizes).toEqual([1]);
    commit();
    await Promise.all([first, ...others]);
    expect(sizes).toEqual([1, 256, 44]);
  });

  it('delay no other job by one whose row is refused, which is tried again alone', async () => {
    const { service, before, sizes, alone } = fakeStore();
    const all = jobs(256);
    const refuse = (answers: readonly NamedJob[]) =>
      answers.some(({ job }) => job === all[7]) ? Promise.reject(rowFault()) : Promise.resolve();
    before.mockImplementation(refuse);
    const settled = await Promise.allSettled(all.map((job) => service.apply(job, 'plain')));
    expect(settled.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([7]);
    expect(sizes).toHaveLength(1 + 16 + 16);
    expect(alone).toEqual([]);

    const poisoned = all[7];
    if (poisoned === undefined) throw new Error('there is no such job');
    const retried = Promise.allSettled([
      service.apply(poisoned, 'plain'),
      service.apply(jobs(1)[0] ?? poisoned, 'plain'),
    ]);
    expect((await retried).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(alone).toEqual(['7']);
    expect(sizes).toHaveLength(1 + 16 + 16 + 1);
  });

  it('do not wait for the isolation of an earlier batch', async () => {
    const { service, before } = fakeStore();
    let unlock: () => void = () => undefined;
    const locked = new Promise<void>((resolve) => (unlock = resolve));
    const all = jobs(2);
    before.mockImplementationOnce(() => Promise.reject(rowFault()));
    before.mockImplementation((answers) =>
      answers.some(({ job }) => job === all[0]) ? locked : Promise.resolve(),
    );
    const [slow, fast] = all.map((job) => service.apply(job, 'plain'));
    await fast;
    await service.apply(jobOf('later'), 'plain');
    unlock();
    expect(await slow).toMatchObject({ kind: 'applied' });
  });

  it('fail together during an outage', async () => {
    const { service, before, sizes } = fakeStore();
    before.mockImplementationOnce(() => Promise.reject(new StoreUnavailableError('test')));
    const settled = await Promise.allSettled(jobs(20).map((job) => service.apply(job, 'plain')));
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(sizes).toEqual([20]);
  });

  it('are written in smaller batches as long as larger ones fail, for example because they take too long', async () => {
    const { service, before, sizes } = fakeStore();
    let limit = 20;
    before.mockImplementation((answers) =>
      answers.length > limit ? Promise.reject(new StoreUnavailableError('test')) : Promise.resolve(),
    );
    const tryAgain = async (job: ClaimedJob): Promise<void> => {
      for (let tried = 1; tried <= 10; tried += 1)
        if ((await service.apply(job, 'plain').catch(() => undefined)) !== undefined) return;
      throw new Error('the answer was never written');
    };
    await Promise.all(jobs(100).map(tryAgain));
    expect(sizes.slice(0, 4)).toEqual([100, 50, 25, 13]);
    limit = Infinity;
    for (let round = 1; round <= 5; round += 1) {
      sizes.length = 0;
      await Promise.all(jobs(100, 100 * round).map(tryAgain));
    }
    expect(sizes).toEqual([100]);
  });

  it('leave an answer that the batch cannot write to a transaction of its own', async () => {
    const { service, alone, sizes } = fakeStore();
    const all = jobs(3);
    const outcomes = await Promise.all(
      all.map((job, index) => service.apply(job, index === 1 ? 'other' : 'plain')),
    );
    expect(outcomes).toEqual(all.map(outcomeOf));
    expect([sizes, alone]).toEqual([[3], ['1']]);
  });
});
