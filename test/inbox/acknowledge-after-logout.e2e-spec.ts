import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

const EXCHANGE = '/api/client/user-for-token';

/** The answer to a webhook request and its duration. */
async function timed(
  answer: Promise<Response>,
): Promise<{ status: number; ms: number; retryAfter: string | null }> {
  const startedAt = performance.now();
  const { status, headers } = await answer;
  return { status, ms: performance.now() - startedAt, retryAfter: headers.get('retry-after') };
}

describe(`acknowledging after the logout, on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  beforeEach(async () => {
    world = await World.create();
    host = await start();
  });
  afterEach(() => world.end());
  const start = (timeoutMs = 1_000, concurrency = 16) =>
    world.start({
      options: { exchange: { timeoutMs }, inbox: { acknowledge: 'after-logout', concurrency } },
    });

  it('answers after the commit of the logout', async () => {
    const cookie = await host.login();
    world.proxy.delayMs = 300;
    const { status, ms } = await timed(host.webhook(world.meveto.issueUserToken('m-1')));
    expect(status).toBe(202);
    expect(ms).toBeGreaterThanOrEqual(300);
    expect((await host.get('/api', { cookie })).status).toBe(401);
    expect(await host.states()).toMatchObject({ applied: 1, pending: 0 });
  });

  it('answers an invalid token and an unknown user like any other, when their jobs have finished', async () => {
    const good = await host.webhook(world.meveto.issueUserToken('m-1'));
    const body = await good.text();
    for (const [token, state] of [
      ['forged', 'rejected'],
      [world.meveto.issueUserToken('m-unknown'), 'unknown_user'],
    ] as const) {
      const answer = await host.webhook(token);
      expect([answer.status, await answer.text()]).toEqual([202, body]);
      expect(await host.states()).toMatchObject({ [state]: 1, pending: 0 });
    }
  });

  it('answers 503 after five seconds while the work continues, and 202 at once to the repeated webhook', async () => {
    const cookie = await host.login();
    world.proxy.fault = (path) => (path === EXCHANGE ? { status: 503, body: '' } : 'pass');
    const token = world.meveto.issueUserToken('m-1');
    const late = await timed(host.webhook(token));
    expect(late).toMatchObject({ status: 503, retryAfter: '5' });
    expect(late.ms).toBeGreaterThanOrEqual(4_900);
    expect(late.ms).toBeLessThan(7_000);
    expect(await host.states()).toMatchObject({ pending: 1 });

    world.proxy.fault = () => 'pass';
    await host.untilJobs('applied', 1, 10_000);
    expect((await host.get('/api', { cookie })).status).toBe(401);
    const again = await timed(host.webhook(token));
    expect(again.status).toBe(202);
    expect(again.ms).toBeLessThan(1_000);
    expect(world.meveto.exchanges).toHaveLength(1);
  }, 25_000);

  it('lets a duplicate wait for the job in flight', async () => {
    world.proxy.delayMs = 400;
    const token = world.meveto.issueUserToken('m-1');
    const first = timed(host.webhook(token));
    await until('the exchange in flight', async () => (await host.states()).pending === 1);
    const duplicate = timed(host.webhook(token));
    expect(await first).toMatchObject({ status: 202 });
    expect(await duplicate).toMatchObject({ status: 202 });
    expect(await host.states()).toMatchObject({ applied: 1, pending: 0 });
    expect(world.meveto.exchanges).toHaveLength(1);
  });

  it('answers when another replica has finished the job', async () => {
    const busy = await start(1_500, 1);
    await world.stop(host);
    world.proxy.fault = (path) => (path === EXCHANGE ? 'hang' : 'pass');
    const stuck = busy.webhook('forged');
    await until('its only exchange in flight', () => world.proxy.count(EXCHANGE) === 1);
    world.proxy.fault = () => 'pass';
    await start();
    const { status, ms } = await timed(busy.webhook(world.meveto.issueUserToken('m-1')));
    expect(status).toBe(202);
    expect(ms).toBeLessThan(1_400);
    expect(world.meveto.exchanges.map(({ outcome }) => outcome)).toEqual(['retrieved']);
    expect((await stuck).status).toBe(202);
  });
});
