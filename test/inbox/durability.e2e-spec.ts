import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { databaseKind } from '../support/database.js';
import { World } from '../support/world.js';
import { letTimePass, until } from '../support/until.js';

const EXCHANGE = '/api/client/user-for-token';
/** Exchanges of unknown senders at once. */
const AT_ONCE = 12;
const users = Array.from({ length: 40 }, (_, index) => ({
  id: index + 1,
  mevetoId: `m-${String(index + 1)}`,
}));

describe(`durability on ${databaseKind}`, () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  it('processes a job that an earlier process has acknowledged', async () => {
    const first = await world.start({
      options: { inbox: { shutdownTimeoutMs: 0, leaseMs: 1_000 }, exchange: { timeoutMs: 400 } },
    });
    const token = await first.token();
    world.proxy.fault = (path) => (path === EXCHANGE ? 'hang' : 'pass');
    expect((await first.webhook(world.meveto.issueUserToken('m-1'))).status).toBe(202);
    await until('the exchange in flight', () => world.proxy.count(EXCHANGE) === 1);
    await world.stop(first);

    world.proxy.fault = () => 'pass';
    const second = await world.start();
    await second.untilJobs('applied');
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('keeps logouts across a restart', async () => {
    const first = await world.start();
    const token = await first.token();
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await first.untilJobs('applied');
    await world.stop(first);
    const second = await world.start();
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('finishes the exchange in flight and persists its outcome before it stops', async () => {
    const first = await world.start();
    world.proxy.delayMs = 400;
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    await world.stop(first);
    const second = await world.start();
    const { applied, pending } = await second.states();
    expect({ applied, pending }).toEqual({ applied: 1, pending: 0 });
    expect(world.meveto.exchanges).toHaveLength(1);
  });

  it('persists the answers of all exchanges in flight before it stops, and leaves the other jobs', async () => {
    const first = await world.start({ users });
    world.proxy.delayMs = 400;
    await Promise.all(users.map(({ mevetoId }) => first.webhook(world.meveto.issueUserToken(mevetoId))));
    await until('the exchanges at once', () => world.proxy.count(EXCHANGE) >= AT_ONCE);
    await world.stop(first);
    const answeredCount = world.meveto.exchanges.length;
    expect(answeredCount).toBeGreaterThanOrEqual(AT_ONCE);
    world.proxy.delayMs = 0;
    const second = await world.start({ users: [] });
    await second.untilJobs('applied', users.length);
    expect(world.meveto.exchanges).toHaveLength(users.length);
  });

  it('assigns each job to one of two replicas', async () => {
    const replicas = [await world.start({ users }), await world.start({ users: [] })] as const;
    world.proxy.delayMs = 30;
    await Promise.all(
      users.map(({ mevetoId }, index) =>
        replicas[index % 2 === 0 ? 0 : 1].webhook(world.meveto.issueUserToken(mevetoId)),
      ),
    );
    await replicas[0].untilJobs('applied', users.length);
    expect(world.meveto.exchanges).toHaveLength(users.length);
    expect(world.meveto.exchanges.every(({ outcome }) => outcome === 'retrieved')).toBe(true);
  });

  it('keeps acknowledged jobs when the application rolls back its own transaction', async () => {
    const host = await world.start({ options: { inbox: { perSecond: 1 } } });
    const runner = host.app.get(DataSource).createQueryRunner();
    await runner.startTransaction();
    await runner.query("UPDATE users SET meveto_id = 'm-changed' WHERE id = 1");
    const answers = Promise.all(
      Array.from({ length: 5 }, (_, index) => host.webhook(`forged-${String(index)}`)),
    );
    // The transaction stays open for this time.
    await letTimePass(200);
    await runner.rollbackTransaction();
    await runner.release();
    expect((await answers).map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const { pending, rejected } = await host.states();
    expect(pending + rejected).toBe(5);
  });

  it('answers 503 with Retry-After while the store is unavailable, and stores the next attempt', async () => {
    const host = await world.start({
      options: { storeTimeoutMs: 300, logoutState: { maxStalenessMs: 2_000 } },
    });
    const user_token = world.meveto.issueUserToken('m-1');
    const giveBack = await takeStoreAway(host.app.get(DataSource));
    const refused = await host.webhook(user_token);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toEqual({
      statusCode: 503,
      error: 'Service Unavailable',
      message: expect.any(String),
    });
    await giveBack();
    expect((await host.webhook(user_token)).status).toBe(202);
    await host.untilJobs('applied');
  });

  it('refuses requests with 503 when its logout state is too old, and admits them again afterwards', async () => {
    const host = await world.start({
      options: {
        logouts: { pollIntervalMs: 50 },
        logoutState: { maxStalenessMs: 200 },
        storeTimeoutMs: 100,
      },
    });
    const headers = { authorization: `Bearer ${await host.token()}` };
    const giveBack = await hideLogouts(host.app.get(DataSource));
    await until('an outdated logout state', async () => (await host.get('/api', headers)).status === 503);
    const refused = await host.get('/api', headers);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ reason: 'logout-state-unknown' });
    await giveBack();
    await until('admitted requests', async () => (await host.get('/api', headers)).status === 200);
  });
});

/** Makes every write of the module fail or wait until the returned function is called. */
async function takeStoreAway(dataSource: DataSource): Promise<() => Promise<void>> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  switch (databaseKind) {
    case 'PostgreSQL':
      await runner.query('LOCK TABLE meveto_logout_jobs IN ACCESS EXCLUSIVE MODE');
      break;
    case 'MariaDB/MySQL':
      await runner.query('LOCK TABLES meveto_logout_jobs READ');
      break;
    case 'SQLite':
      await runner.query('UPDATE users SET meveto_id = meveto_id');
  }
  return async () => {
    if (databaseKind === 'MariaDB/MySQL') await runner.query('UNLOCK TABLES');
    await runner.rollbackTransaction();
    await runner.release();
  };
}

/** Makes the module's reads fail until the returned function is called. */
async function hideLogouts(dataSource: DataSource): Promise<() => Promise<void>> {
  const rename = (from: string, to: string) => dataSource.query(`ALTER TABLE ${from} RENAME TO ${to}`);
  await rename('meveto_logout_logouts', 'hidden_marks');
  return async () => {
    await rename('hidden_marks', 'meveto_logout_logouts');
  };
}
