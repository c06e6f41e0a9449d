import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MevetoLogoutOptions } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { databaseKind } from '../support/database.js';
import type { Fault } from '../support/network/fault-proxy.js';
import { type HostClient, World } from '../support/world.js';
import { staysTrue, until } from '../support/until.js';
import { mergeOptions } from '../support/hosts/merge-options.js';

const EXCHANGE = '/api/client/user-for-token';
const PENDING = '/api/client/webhooks/pending';
const LEASE_MS = 1_000;

const rowsOf = (host: HostClient): Promise<Record<string, unknown>[]> =>
  host.app.get(DataSource).query('SELECT state, sealed, reason, attempts FROM meveto_logout_jobs');

describe(`tokens that are kept in memory only, on ${databaseKind}`, () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  const start = (options: Partial<MevetoLogoutOptions> = {}) =>
    world.start({
      options: mergeOptions(
        {
          inbox: { tokenStorage: 'none', shutdownTimeoutMs: 0, leaseMs: LEASE_MS },
          exchange: { timeoutMs: 500 },
        },
        options,
      ),
    });
  const onExchange = (fault: Fault) => (path: string) => (path === EXCHANGE ? fault : 'pass');
  const AWAY: Fault = { status: 503, body: '' };
  const asked = (count = 1) => until('an exchange', () => world.proxy.count(EXCHANGE) >= count);

  it('are exchanged at once, and are stored in no row', async () => {
    const host = await start();
    const cookie = await host.login();
    world.proxy.delayMs = 300;
    expect((await host.webhook(world.meveto.issueUserToken('m-1'))).status).toBe(202);
    expect(await rowsOf(host)).toEqual([
      expect.objectContaining({ state: 'pending', sealed: null, attempts: 1 }),
    ]);
    await host.untilJobs('applied');
    expect((await host.get('/api', { cookie })).status).toBe(401);
    expect(await rowsOf(host)).toEqual([expect.objectContaining({ state: 'applied', sealed: null })]);
  });

  it.each<[string, Fault]>([
    ['an error answer', AWAY],
    ['a broken connection', 'reset'],
    ['no answer', 'hang'],
  ])(
    'are tried again by the same process after %s, for longer than a lease, beside other replicas',
    async (_how, fault) => {
      const host = await start();
      await start();
      const cookie = await host.login();
      world.proxy.fault = onExchange(fault);
      await host.webhook(world.meveto.issueUserToken('m-1'));
      await staysTrue('the job waits', 2.5 * LEASE_MS, async () => {
        const { pending, ambiguous } = await host.states();
        return pending === 1 && ambiguous === 0;
      });
      world.proxy.fault = () => 'pass';
      await host.untilJobs('applied', 1, 10_000);
      expect((await host.get('/api', { cookie })).status).toBe(401);
      expect(world.meveto.exchanges.map(({ outcome }) => outcome)).toEqual(['retrieved']);
    },
    20_000,
  );

  it('are rejected when Meveto rejects them at the first attempt', async () => {
    const host = await start();
    await host.webhook('forged');
    await host.untilJobs('rejected');
  });

  it('make their job ambiguous when the answer is lost', async () => {
    const host = await start();
    let isLost = false;
    world.proxy.fault = (path) => {
      if (path !== EXCHANGE || isLost) return 'pass';
      isLost = true;
      return 'lose-answer';
    };
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('ambiguous');
    expect(await rowsOf(host)).toEqual([
      expect.objectContaining({ reason: 'invalid-after-unknown-attempt' }),
    ]);
  });

  it('are lost with their process: the job becomes ambiguous, never rejected, and the list of pending webhooks resolves it', async () => {
    const first = await start();
    const bearer = await first.token();
    world.proxy.fault = onExchange(AWAY);
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await asked();
    await world.stop(first);

    world.proxy.fault = () => 'pass';
    const polls = world.proxy.count(PENDING);
    const second = await start();
    await second.untilJobs('ambiguous');
    expect(await rowsOf(second)).toEqual([expect.objectContaining({ reason: 'token-lost', sealed: null })]);
    // One poll at start, and one because of the ambiguous job.
    await until('a poll of the list', () => world.proxy.count(PENDING) >= polls + 2, 10_000);
    expect(world.meveto.exchanges).toEqual([]);

    const fresh = world.meveto.issueUserToken('m-1');
    world.proxy.fault = (path) => (path === PENDING ? listed('wh-1', fresh) : 'pass');
    // A poll that is under way may not include the new entry.
    await until('the logout', async () => {
      await second.service.reconcileNow();
      return (await second.states()).applied === 1;
    });
    // The listed webhook has no time: the logout ends all sessions that began before it was listed.
    expect((await second.get('/api', { authorization: `Bearer ${bearer}` })).status).toBe(401);
  }, 20_000);

  it.each(['delivered', 'listed'] as const)(
    'are used again after their loss when the webhook is %s once more',
    async (how) => {
      const first = await start();
      const bearer = await first.token();
      const token = world.meveto.issueUserToken('m-1');
      world.proxy.fault = onExchange(AWAY);
      await first.webhook(token);
      await asked();
      await world.stop(first);
      const second = await start();
      await second.untilJobs('ambiguous');
      world.proxy.fault = (path) => (path === PENDING && how === 'listed' ? listed('wh-1', token) : 'pass');
      if (how === 'delivered') expect((await second.webhook(token)).status).toBe(202);
      await until('the logout', async () => {
        if (how === 'listed') await second.service.reconcileNow();
        return (await second.states()).applied === 1;
      });
      expect((await second.get('/api', { authorization: `Bearer ${bearer}` })).status).toBe(401);
    },
  );

  it('exist on one replica: another one answers 503 until the job has finished', async () => {
    const [host, other] = [await start(), await start()];
    const token = world.meveto.issueUserToken('m-1');
    world.proxy.fault = onExchange(AWAY);
    await host.webhook(token);
    await asked();
    expect((await host.webhook(token)).status).toBe(202);
    const refused = await other.webhook(token);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    world.proxy.fault = () => 'pass';
    await host.untilJobs('applied', 1, 10_000);
    expect((await other.webhook(token)).status).toBe(202);
    expect(world.meveto.exchanges).toHaveLength(1);
  });

  it('are still opened if they were sealed before', async () => {
    const first = await start({ inbox: { tokenStorage: 'sealed' } });
    world.proxy.fault = onExchange(AWAY);
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await asked();
    await world.stop(first);
    world.proxy.fault = () => 'pass';
    const second = await start();
    await second.untilJobs('applied');
  });

  it('are exchanged before the process stops, as long as there is time', async () => {
    const host = await start({ inbox: { shutdownTimeoutMs: 5_000, concurrency: 1 } });
    world.proxy.delayMs = 150;
    const tokens = ['m-1', 'm-1', 'm-1'].map((mevetoId) => world.meveto.issueUserToken(mevetoId));
    await Promise.all(tokens.map((token) => host.webhook(token)));
    await world.stop(host);
    expect(world.meveto.exchanges.map(({ outcome }) => outcome)).toEqual([
      'retrieved',
      'retrieved',
      'retrieved',
    ]);
    expect(await (await start()).states()).toMatchObject({ applied: 3, pending: 0, ambiguous: 0 });
  });

  it('are bounded: a full memory answers 503', async () => {
    const host = await start({ inbox: { maxWaitingPerPriority: 100 } });
    world.proxy.fault = onExchange('hang');
    const answers = await Promise.all(
      Array.from({ length: 150 }, (_, index) => host.webhook(`forged-${String(index)}`)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202).length).toBeGreaterThanOrEqual(100);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
  });
});

const listed = (id: string, token: string) => ({
  status: 200,
  body: JSON.stringify({
    status: 'Pending_Webhooks_Retrieved',
    payload: { webhooks: [{ id, type: 'User_Logged_Out', user_token: token }], next: null },
  }),
});
