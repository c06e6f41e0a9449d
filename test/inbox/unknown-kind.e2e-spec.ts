import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Housekeeping } from '../../libs/meveto-logout/src/inbox/housekeeping.js';
import { Ingest } from '../../libs/meveto-logout/src/inbox/ingest.js';
import { type JobKind, UserToken } from '../../libs/meveto-logout/src/store/job.js';
import { databaseKind } from '../support/database.js';
import { until } from '../support/until.js';
import { World } from '../support/world.js';

const EXCHANGE = '/api/client/user-for-token';
const JOB_TTL_MS = 86_400_000;

describe(`a stored job of a kind that this version does not know, on ${databaseKind}`, () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await world.end();
  });

  it('is left by an older replica, with its token, for a replica that knows the kind', async () => {
    const newer = await world.start();
    const older = await world.start();
    const session = await older.login();
    const token = world.meveto.issueUserToken('m-1');
    await newer.app.get(Ingest).accept('lockout' as JobKind, new UserToken(token));
    // Meveto repeats the webhook, and the older replica receives it.
    expect((await older.webhook(token)).status).toBe(202);
    await older.webhook('forged');
    await older.untilJobs('rejected');
    expect(world.proxy.count(EXCHANGE)).toBe(1);
    const { jobs } = await older.service.listJobs({ state: 'pending' });
    expect(jobs).toMatchObject([{ kind: 'lockout', attempts: 0 }]);
    expect((await older.get('/api', { cookie: session })).status).toBe(200);

    // The replica that knows the kind finds the token usable. This version only knows the kind `logout`.
    await newer.app
      .get(DataSource)
      .query("UPDATE meveto_logout_jobs SET kind = 'logout' WHERE kind = 'lockout'");
    await older.webhook('forged-too');
    await newer.untilJobs('applied');
    await newer.untilJobs('rejected', 2);
  });

  it('is not carried out, and expires without its token after jobTtlMs', async () => {
    const host = await world.start({ options: { inbox: { jobTtlMs: JOB_TTL_MS } } });
    const session = await host.login();
    world.proxy.fault = (path) => (path === EXCHANGE ? { status: 503, body: '' } : 'pass');
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await until('a failed attempt', async () => {
      const { jobs } = await host.service.listJobs({ state: 'pending' });
      return jobs.some(({ reason }) => reason === 'http-503');
    });
    const dataSource = host.app.get(DataSource);
    // The row that a newer version stores.
    await dataSource.query(
      "UPDATE meveto_logout_jobs SET kind = 'lockout', due_at = 1, attempts = 0, unknown_attempts = 0",
    );
    world.proxy.fault = () => 'pass';
    const asked = world.proxy.count(EXCHANGE);
    // The worker processes a later job, and leaves this one.
    await host.webhook('forged');
    await host.untilJobs('rejected');
    expect(world.proxy.count(EXCHANGE)).toBe(asked + 1);

    await dataSource.query(
      `UPDATE meveto_logout_jobs SET received_at = received_at - ${String(JOB_TTL_MS)} WHERE kind = 'lockout'`,
    );
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    const tidied = host.app.get(Housekeeping).run();
    clock.mockRestore();
    await tidied;
    expect(await host.states()).toMatchObject({ expired: 1, rejected: 1, pending: 0, applied: 0 });
    const rows = await dataSource.query<object[]>(
      "SELECT state, reason, sealed FROM meveto_logout_jobs WHERE kind = 'lockout'",
    );
    expect(rows).toEqual([{ state: 'expired', reason: 'unknown-kind', sealed: null }]);
    expect(world.proxy.count(EXCHANGE)).toBe(asked + 1);
    expect((await host.get('/api', { cookie: session })).status).toBe(200);
  });
});
