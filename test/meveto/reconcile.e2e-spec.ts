import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PendingWebhookSource } from 'nestjs-meveto-logout';
import { databaseKind } from '../support/database.js';
import type { Fault } from '../support/network/fault-proxy.js';
import { World } from '../support/world.js';
import { letTimePass, staysTrue } from '../support/until.js';

const PENDING = '/api/client/webhooks/pending';
const listed = (webhooks: readonly unknown[], next: string | null = null): Fault => ({
  status: 200,
  body: JSON.stringify({ status: 'Pending_Webhooks_Retrieved', payload: { webhooks, next } }),
});

describe(`the reconciler on ${databaseKind}`, () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  const list = (...webhooks: readonly object[]): void => {
    world.proxy.fault = (path) => (path === PENDING ? listed(webhooks) : 'pass');
  };
  const webhook = (mevetoId: string, id: string, createdAt?: number) => ({
    id,
    type: 'User_Logged_Out',
    user_token: world.meveto.issueUserToken(mevetoId),
    ...(createdAt !== undefined && { created_at: new Date(createdAt).toISOString() }),
  });

  it('applies at start the missed deliveries of the time when the application was down', async () => {
    const first = await world.start();
    const token = await first.token();
    await world.stop(first);
    await letTimePass(5);
    list(webhook('m-1', 'wh-1'));
    const second = await world.start();
    await second.untilJobs('applied');
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('polls at once at start when the previous process was stopped during a poll', async () => {
    world.proxy.fault = (path) => (path === PENDING ? 'hang' : 'pass');
    const first = await world.start();
    expect(world.proxy.count(PENDING)).toBe(1);
    await world.stop(first);
    list(webhook('m-1', 'wh-1'));
    const second = await world.start();
    // The start waits for the first poll. If the lease were still taken, no request would have been sent by now.
    expect(world.proxy.count(PENDING)).toBe(2);
    await second.untilJobs('applied');
  });

  it('polls on schedule, with the client’s credentials', async () => {
    const host = await world.start({ options: { reconcile: { cron: '* * * * * *' } } });
    const cookie = await host.login();
    await letTimePass(5);
    list(webhook('m-1', 'wh-1'));
    await host.untilJobs('applied', 1, 3_000);
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });

  it('reads a list of another form through a source, with the module’s own client', async () => {
    const path = '/api/client/v2/logouts';
    const pages: Readonly<Record<string, object>> = {
      [path]: { items: [{ key: 'a', token: world.meveto.issueUserToken('m-1') }], more: '2' },
      [`${path}/2`]: { items: [{ key: 'b', token: world.meveto.issueUserToken('m-nobody') }] },
    };
    world.proxy.fault = (url) => {
      const page = pages[url];
      return page === undefined ? 'pass' : { status: 200, body: JSON.stringify(page) };
    };
    const source: PendingWebhookSource = {
      page: async (cursor, { get }) => {
        const answer = (await get(cursor === undefined ? path : `${path}/${cursor}`, {
          query: { state: 'pending' },
          headers: { Authorization: 'Bearer key' },
        })) as {
          items: { key: string; token: string }[];
          more?: string;
        };
        return {
          webhooks: answer.items.map(({ key, token }) => ({
            id: key,
            type: 'User_Logged_Out',
            userToken: token,
          })),
          next: answer.more,
        };
      },
    };
    const host = await world.start({ options: { reconcile: { source } } });
    await host.untilJobs('applied');
    await host.untilJobs('unknown_user');
    expect(world.proxy.count(PENDING)).toBe(0);
    const read = world.proxy.seen.filter(({ url }) => url.startsWith(path));
    expect(read.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      [`${path}?state=pending`, 'Bearer key'],
      [`${path}/2?state=pending`, 'Bearer key'],
    ]);
  });

  it('ends no session that began after Meveto created the webhook', async () => {
    const host = await world.start();
    const before = await host.token();
    await letTimePass(20);
    const createdAt = Date.now();
    await letTimePass(20);
    const after = await host.token();
    list(webhook('m-1', 'wh-1', createdAt));
    await host.service.reconcileNow();
    await host.untilJobs('applied');
    expect((await host.get('/api', { authorization: `Bearer ${before}` })).status).toBe(401);
    expect((await host.get('/api', { authorization: `Bearer ${after}` })).status).toBe(200);
  });

  it('ignores a webhook that is listed again after its job has finished', async () => {
    const host = await world.start();
    const again = webhook('m-1', 'wh-1');
    list(again);
    await host.service.reconcileNow();
    await host.untilJobs('applied');
    const cookie = await host.login();
    list({ ...again, user_token: world.meveto.issueUserToken('m-1') });
    await host.service.reconcileNow();
    await staysTrue('one exchange', 100, () => world.meveto.exchanges.length === 1);
    expect((await host.get('/api', { cookie })).status).toBe(200);
  });

  it('recognises a listed webhook that was also delivered', async () => {
    const host = await world.start();
    const both = webhook('m-1', 'wh-1');
    await host.webhook(both.user_token);
    list(both);
    await host.service.reconcileNow();
    await host.untilJobs('applied');
    expect(world.meveto.exchanges).toHaveLength(1);
    expect((await host.service.status()).counters.reconcile_new_job).toBe(0);
  });

  it('reads page after page, skips unknown entries, and stops at a repeated cursor', async () => {
    const host = await world.start({
      users: [
        { id: 1, mevetoId: 'm-1' },
        { id: 2, mevetoId: 'm-2' },
      ],
    });
    const pages = [
      listed([webhook('m-1', 'wh-1'), { id: 'wh-2' }, 'nonsense'], 'a'),
      listed([{ id: 3, type: 'Some_Later_Type', user_token: 'x' }], 'b'),
      listed([webhook('m-2', 'wh-4')], 'a'),
    ];
    // The first poll may still run when the start has ended: a poll that joins it would not read these pages.
    await host.service.reconcileNow();
    world.proxy.fault = (path) => (path === PENDING ? (pages.shift() ?? listed([])) : 'pass');
    await host.service.reconcileNow();
    await host.untilJobs('applied', 2);
    const asked = world.proxy.seen.filter(({ path }) => path === PENDING);
    const cursors = asked.map(({ url }) => new URL(url, world.proxy.url).searchParams.get('cursor'));
    expect(cursors.filter((cursor) => cursor !== null)).toEqual(['a', 'b']);
    expect(pages).toEqual([]);
  });

  it('reads a page of any size', async () => {
    const host = await world.start();
    const forged = Array.from({ length: 600 }, (_, index) => ({
      id: `wh-${String(index)}`,
      type: 'User_Logged_Out',
      user_token: `forged-${String(index)}-${'x'.repeat(100)}`,
    }));
    list(...forged, webhook('m-1', 'wh-real'));
    await host.service.reconcileNow();
    const { calls } = await host.service.status();
    expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBe(601);
  });

  it('starts without delay, and stops, while Meveto does not answer', async () => {
    world.proxy.fault = () => 'hang';
    const startedAt = performance.now();
    const host = await world.start();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect((await host.get('/api')).status).toBe(200);
  });

  it.each<[string, Fault]>([
    ['an error', { status: 500, body: '{"message":"Server Error"}' }],
    ['an unexpected answer', { status: 200, body: '{"status":"Something_Else"}' }],
    ['a refusal', { status: 401, body: '{}' }],
  ])('continues after %s', async (_what, fault) => {
    world.proxy.fault = () => fault;
    const host = await world.start();
    expect((await host.service.status()).reconciler.lastFailureAt).toEqual(expect.any(Number));
    list(webhook('m-1', 'wh-1'));
    await host.service.reconcileNow();
    await host.untilJobs('applied');
    expect((await host.service.status()).reconciler.lastSuccessAt).toEqual(expect.any(Number));
  });
});
