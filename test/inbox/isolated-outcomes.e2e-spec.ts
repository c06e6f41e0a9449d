import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { MevetoEvents } from '../../libs/meveto-logout/src/core/index.js';
import { LogoutService } from '../../libs/meveto-logout/src/inbox/logout.service.js';
import { LogoutCache } from '../../libs/meveto-logout/src/logouts/logout-cache.js';
import type { ClaimedJob } from '../../libs/meveto-logout/src/store/index.js';
import { incoming, LEASE_MS } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { openTypeOrmStore, type OpenedTypeOrmStore } from '../contracts/typeorm-opened-store.js';
import { createTestDatabase, databaseKind } from '../support/database.js';
import { AccessToken, User } from '../support/hosts/host-app.js';
import { refuseRow } from '../support/refused-row.js';
import { letTimePass } from '../support/until.js';

const COUNT = 256;
const [POISONED, LOCKED_USER, LOCKED_TOKEN, LOCKED_JOB] = [7, 40, 90, 200];

describe(`a batch of ${String(COUNT)} logouts with rows that cannot be written, on ${databaseKind}`, () => {
  let opened: OpenedTypeOrmStore;
  let logouts: LogoutService;
  let jobs: readonly ClaimedJob[];
  beforeEach(async () => {
    opened = await openTypeOrmStore(await createTestDatabase());
    logouts = new LogoutService(opened.store, new LogoutCache(), new MevetoEvents());
    const { dataSource, store } = opened;
    const ids = Array.from({ length: COUNT }, (_, id) => id);
    await dataSource.getRepository(User).insert(ids.map((id) => ({ id, mevetoId: `m-${String(id)}` })));
    const tokens = ids.map((id) => ({ id: `token-${String(id)}`, userId: id, signedInAt: 1_000 }));
    await dataSource.getRepository(AccessToken).insert(tokens);
    await store.inbox.receive(ids.map((id) => incoming(String(id))));
    jobs = await store.inbox.claim(COUNT, LEASE_MS);
    await refuseRow(dataSource, 'UPDATE', `digest-${String(POISONED)}`);
  });
  afterEach(() => opened.close());

  const numberOf = ({ digest }: ClaimedJob): number => Number(digest.slice('digest-'.length));
  const apply = (job: ClaimedJob) => logouts.apply(job, `m-${String(numberOf(job))}`);
  /** Applies the jobs at the same time. Resolves with the numbers of those that failed, once the jobs without `slow` are settled. */
  async function applied(
    slow: readonly number[] = [],
  ): Promise<{ failed: number[]; rest: Promise<unknown> }> {
    const failed: number[] = [];
    const settled = jobs.map((job) => ({
      number: numberOf(job),
      work: apply(job).then(
        ({ kind }) => (kind === 'applied' ? undefined : failed.push(numberOf(job))),
        () => failed.push(numberOf(job)),
      ),
    }));
    await Promise.all(settled.filter(({ number }) => !slow.includes(number)).map(({ work }) => work));
    return { failed: [...failed], rest: Promise.all(settled.map(({ work }) => work)) };
  }
  const states = async () => (await opened.store.inbox.summary()).jobs;

  it('fails for a refused row only, also when that is tried again', async () => {
    expect((await applied()).failed).toEqual([POISONED]);
    expect(await states()).toMatchObject({ applied: COUNT - 1, pending: 1 });
    expect(await opened.liveTokens()).toEqual([`token-${String(POISONED)}`]);
    const again = jobs.find((job) => numberOf(job) === POISONED);
    if (again === undefined) throw new Error('the job was not claimed');
    await expect(apply(again)).rejects.toThrow('not available');
  });

  if (databaseKind === 'SQLite') return;

  const LOCKED: Readonly<Record<string, [number, (runner: QueryRunner) => Promise<unknown>]>> = {
    'user’s': [LOCKED_USER, ({ manager }) => manager.update(User, LOCKED_USER, { lastLoggedIn: 1 })],
    'access token’s': [
      LOCKED_TOKEN,
      ({ manager }) => manager.update(AccessToken, `token-${String(LOCKED_TOKEN)}`, { signedInAt: 1 }),
    ],
    'job’s': [
      LOCKED_JOB,
      (runner) =>
        runner.query(
          `UPDATE meveto_logout_jobs SET attempts = 1 WHERE digest = 'digest-${String(LOCKED_JOB)}'`,
        ),
    ],
  };
  it.each(Object.keys(LOCKED))(
    'is written for the others while another transaction has locked the %s row',
    async (whose) => {
      const [locked, lock] = LOCKED[whose] ?? [0, () => Promise.resolve()];
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      await lock(runner);
      try {
        const { failed, rest } = await applied([locked]);
        expect(failed.filter((number) => number !== locked)).toEqual([POISONED]);
        expect((await states()).applied).toBe(COUNT - 2);
        await runner.rollbackTransaction();
        await rest;
      } finally {
        if (runner.isTransactionActive) await runner.rollbackTransaction();
        await runner.release();
      }
      const left = jobs.find((job) => numberOf(job) === locked);
      if (left === undefined) throw new Error('the job was not claimed');
      expect((await apply(left)).kind).toBe('applied');
      expect(await states()).toMatchObject({ applied: COUNT - 1, pending: 1 });
    },
    30_000,
  );

  it('leaves other attempts that end at the same time alone while the only one before them waits for a locked job', async () => {
    const { inbox } = opened.store;
    const runner = opened.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(
      `UPDATE meveto_logout_jobs SET attempts = 1 WHERE digest = 'digest-${String(LOCKED_JOB)}'`,
    );
    try {
      const jobsOf = (number: number) => jobs.filter((job) => numberOf(job) === number);
      const rejected = { state: 'rejected', reason: 'invalid-token' } as const;
      const slow = Promise.allSettled(jobsOf(LOCKED_JOB).map((job) => inbox.finish(job, rejected)));
      await letTimePass(50);
      const begunAt = performance.now();
      expect(await Promise.all(jobsOf(1).map((job) => inbox.finish(job, rejected)))).toEqual([true]);
      // As below.
      expect(performance.now() - begunAt).toBeLessThan(1_800);
      await runner.rollbackTransaction();
      await slow;
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  });

  it('is written at once although the only answer before it waits for a locked access token', async () => {
    const { dataSource } = opened;
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.update(AccessToken, `token-${String(LOCKED_TOKEN)}`, { signedInAt: 1 });
    try {
      const jobOf = (number: number) => jobs.filter((job) => numberOf(job) === number);
      const slow = Promise.allSettled(jobOf(LOCKED_TOKEN).map(apply));
      await letTimePass(50);
      const begunAt = performance.now();
      await Promise.all(jobOf(1).map(apply));
      // The locked token may delay others by an eighth of the store's 2.5 s; MariaDB limits the wait to a whole second.
      expect(performance.now() - begunAt).toBeLessThan(1_800);
      await runner.rollbackTransaction();
      await slow;
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  });
});
