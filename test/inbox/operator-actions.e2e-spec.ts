import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AnnouncedLogout } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { databaseKind } from '../support/database.js';
import { User } from '../support/hosts/host-app.js';
import { type HostClient, World } from '../support/world.js';
import { letTimePass, staysTrue, until } from '../support/until.js';

const EXCHANGE = '/api/client/user-for-token';

describe(`actions of an operator, on ${databaseKind}`, () => {
  const onProtectionRemoved = jest.fn<(person: { userId: string }) => void>();
  let world: World;
  let host: HostClient;
  beforeEach(async () => {
    onProtectionRemoved.mockClear();
    world = await World.create();
    host = await world.start({ options: { exchange: { timeoutMs: 500 }, onProtectionRemoved } });
  });
  afterEach(() => world.end());

  /** A job whose first exchange used up the token and whose answer was lost. */
  async function ambiguousJob(type = 'User_Logged_Out'): Promise<{ id: string; token: string }> {
    let isLost = false;
    world.proxy.fault = (path) => {
      if (path !== EXCHANGE || isLost) return 'pass';
      isLost = true;
      return 'lose-answer';
    };
    const token = world.meveto.issueUserToken('m-1');
    await host.webhook(token, type);
    await host.untilJobs('ambiguous', 1, 10_000);
    const { jobs } = await host.service.listJobs({ state: 'ambiguous' });
    return { id: jobs[0]?.id ?? '', token };
  }

  it('list jobs by state, page by page, without their tokens', async () => {
    const { id, token } = await ambiguousJob();
    await Promise.all(['a', 'b', 'c'].map((each) => host.webhook(`forged-${each}`)));
    await host.untilJobs('rejected', 3);
    expect(await host.service.listJobs({ state: 'ambiguous' })).toEqual({
      jobs: [
        {
          id,
          kind: 'logout',
          state: 'ambiguous',
          reason: 'invalid-after-unknown-attempt',
          receivedAt: expect.any(Number),
          occurredAt: expect.any(Number),
          finishedAt: expect.any(Number),
          attempts: 2,
          digestPrefix: expect.stringMatching(/^[\w-]{8}$/),
        },
      ],
      next: undefined,
    });
    const first = await host.service.listJobs({ state: 'rejected', limit: 2 });
    const second = await host.service.listJobs({ state: 'rejected', limit: 2, after: first.next });
    expect([first.jobs.length, second.jobs.length, second.next]).toEqual([2, 1, undefined]);
    expect(new Set([...first.jobs, ...second.jobs].map((job) => job.id)).size).toBe(3);
    expect((await host.service.listJobs({ state: 'rejected', limit: 0 })).jobs).toHaveLength(1);
    expect(
      JSON.stringify([first, second, await host.service.listJobs({ state: 'ambiguous' })]),
    ).not.toContain(token);
  });

  it('resolve an ambiguous job for a user, with a complete logout as of the receipt', async () => {
    const before = await host.login();
    const { id } = await ambiguousJob();
    await letTimePass(5);
    const after = await host.token();
    expect((await host.get('/api', { cookie: before })).status).toBe(200);

    const announced: AnnouncedLogout[] = [];
    host.service.logouts$.subscribe((logout) => announced.push(logout));
    const { jobs } = await host.service.listJobs({ state: 'ambiguous' });
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    await host.service.resolveJob(id, { userId: 1 });
    const lines = log.mock.calls.map(([text]) => String(text));
    log.mockRestore();
    expect(lines).toContain(`[MEVETO_JOB_RESOLVED] An operator resolved job ${id} for user "1".`);
    expect(announced).toEqual([
      { userId: '1', loggedOutAt: jobs[0]?.occurredAt, reason: 'meveto', source: 'own-commit' },
    ]);
    expect((await host.get('/api', { cookie: before })).status).toBe(401);
    expect((await host.get('/api', { authorization: `Bearer ${after}` })).status).toBe(200);
    const user = await host.app.get(DataSource).getRepository(User).findOneByOrFail({ id: 1 });
    expect(user.lastLoggedOut).toBe(jobs[0]?.occurredAt);
    expect(await host.service.status()).toMatchObject({
      calls: { ambiguous: 0, applied: 1 },
      counters: { job_resolved: 1 },
    });
    await expect(host.service.resolveJob(id, { userId: 1 })).rejects.toMatchObject({
      code: 'ERR_MEVETO_JOB_NOT_RESOLVABLE',
    });
  });

  it('resolve a removal of protection, and notify the application', async () => {
    const { id } = await ambiguousJob('Meveto_Protection_Removed');
    await host.service.resolveJob(id, { userId: '1' });
    expect(onProtectionRemoved.mock.calls).toEqual([[{ userId: '1' }]]);
    const user = await host.app.get(DataSource).getRepository(User).findOneByOrFail({ id: 1 });
    expect([user.mevetoId, user.lastLoggedOut]).toEqual([null, null]);
  });

  it('fail for an unknown user, and change nothing', async () => {
    const { id } = await ambiguousJob();
    await expect(host.service.resolveJob(id, { userId: 99 })).rejects.toMatchObject({
      code: 'ERR_MEVETO_UNKNOWN_USER',
    });
    expect(await host.states()).toMatchObject({ ambiguous: 1, applied: 0 });
  });

  it('discard an ambiguous job, and keep the reason', async () => {
    const { id } = await ambiguousJob();
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    await host.service.resolveJob(id, { discard: `nobody was ${'logged in '.repeat(20)}` });
    const lines = log.mock.calls.map(([text]) => String(text));
    log.mockRestore();
    expect(lines).toContain(`[MEVETO_JOB_DISCARDED] An operator discarded job ${id}.`);
    const { jobs } = await host.service.listJobs({ state: 'rejected' });
    expect(jobs).toEqual([
      expect.objectContaining({ id, reason: expect.stringMatching(/^operator: nobody was logged in/) }),
    ]);
    expect(jobs[0]?.reason?.length).toBe(64);
    await expect(host.service.resolveJob(id, { discard: 'again' })).rejects.toMatchObject({
      code: 'ERR_MEVETO_JOB_NOT_RESOLVABLE',
    });
    expect((await host.service.status()).counters.job_discarded).toBe(1);
  });

  it('retry at once only a job that waits after a failed attempt', async () => {
    world.proxy.fault = (path) =>
      path === EXCHANGE ? { status: 503, body: '', headers: { 'retry-after': '30' } } : 'pass';
    await host.webhook(world.meveto.issueUserToken('m-1'));
    const waiting = await until('the failed attempt', async () => {
      const { jobs } = await host.service.listJobs({ state: 'pending' });
      return jobs.find(({ reason }) => reason === 'http-503');
    });
    world.proxy.fault = () => 'pass';
    expect(await host.service.retryJob(waiting?.id ?? '')).toBe(true);
    await host.untilJobs('applied', 1, 3_000);
    expect(await host.service.retryJob(waiting?.id ?? '')).toBe(false);
    expect(await host.service.retryJob('nobody')).toBe(false);
  });

  it('neither retry nor resolve a job of a kind that only a newer version knows', async () => {
    const before = await host.login();
    world.proxy.fault = (path) => (path === EXCHANGE ? { status: 503, body: '' } : 'pass');
    await host.webhook(world.meveto.issueUserToken('m-1'));
    const waiting = await until('the failed attempt', async () => {
      const { jobs } = await host.service.listJobs({ state: 'pending' });
      return jobs.find(({ reason }) => reason === 'http-503');
    });
    const id = waiting?.id ?? '';
    const set = (columns: string) =>
      host.app.get(DataSource).query(`UPDATE meveto_logout_jobs SET ${columns}`);
    await set("kind = 'lockout', due_at = 1");
    const asked = world.proxy.count(EXCHANGE);
    world.proxy.fault = () => 'pass';
    expect(await host.service.retryJob(id)).toBe(false);
    // A later job is still processed.
    await host.webhook('forged');
    await host.untilJobs('rejected');
    expect(world.proxy.count(EXCHANGE)).toBe(asked + 1);
    expect(await host.states()).toMatchObject({ pending: 1, rejected: 1 });
    expect((await host.service.listJobs({ state: 'pending' })).jobs).toMatchObject([{ kind: 'lockout' }]);

    await set("state = 'expired', reason = 'unknown-kind', sealed = NULL");
    await expect(host.service.resolveJob(id, { userId: 1 })).rejects.toMatchObject({
      code: 'ERR_MEVETO_JOB_NOT_RESOLVABLE',
      message: expect.stringContaining('this version does not know the kind of the job'),
    });
    await host.service.resolveJob(id, { discard: 'not for us' });
    expect((await host.get('/api', { cookie: before })).status).toBe(200);
  });

  it('include a metric of jobs that the list of pending webhooks did not resolve', async () => {
    await ambiguousJob();
    await host.service.reconcileNow();
    const unresolvedCount = async () => (await host.service.status()).counters.job_unresolved;
    await until('the job is counted', async () => (await unresolvedCount()) === 1);
    await host.service.reconcileNow();
    await staysTrue('the job is counted once', 50, async () => (await unresolvedCount()) === 1);
  });
});
