import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { databaseKind } from './support/database.js';
import type { Fault } from './support/fault-proxy.js';
import { World } from './support/world.js';

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
  const call = (mevetoId: string, id: string, createdAt?: number) => ({
    id,
    type: 'User_Logged_Out',
    user_token: world.meveto.issueUserToken(mevetoId),
    ...(createdAt !== undefined && { created_at: new Date(createdAt).toISOString() }),
  });

  it('applies at start what the webhook missed while the application was down', async () => {
    const first = await world.start();
    const token = await first.token();
    await world.stop(first);
    await delay(5);
    list(call('m-1', 'wh-1'));
    const second = await world.start();
    await second.untilCalls('applied');
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('asks at once at start when the process before it was stopped in the middle of a question', async () => {
    world.proxy.fault = (path) => (path === PENDING ? 'hang' : 'pass');
    const first = await world.start();
    expect(world.proxy.count(PENDING)).toBe(1);
    await world.stop(first);
    list(call('m-1', 'wh-1'));
    const second = await world.start();
    // The first question of a process is waited for: one that found the lease taken would not have been asked yet.
    expect(world.proxy.count(PENDING)).toBe(2);
    await second.untilCalls('applied');
  });

  it('asks on schedule, with the client’s credentials', async () => {
    const host = await world.start({ options: { reconcile: { cron: '* * * * * *' } } });
    const cookie = await host.login();
    await delay(5);
    list(call('m-1', 'wh-1'));
    await host.untilCalls('applied', 1, 3_000);
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });

  it('ends no session that began after Meveto made the call', async () => {
    const host = await world.start();
    const before = await host.token();
    await delay(20);
    const createdAt = Date.now();
    await delay(20);
    const after = await host.token();
    list(call('m-1', 'wh-1', createdAt));
    await host.service.reconcileNow();
    await host.untilCalls('applied');
    expect((await host.get('/api', { authorization: `Bearer ${before}` })).status).toBe(401);
    expect((await host.get('/api', { authorization: `Bearer ${after}` })).status).toBe(200);
  });

  it('leaves alone what is still listed after it was settled', async () => {
    const host = await world.start();
    const again = call('m-1', 'wh-1');
    list(again);
    await host.service.reconcileNow();
    await host.untilCalls('applied');
    const cookie = await host.login();
    list({ ...again, user_token: world.meveto.issueUserToken('m-1') });
    await host.service.reconcileNow();
    await delay(100);
    expect(world.meveto.exchanges).toHaveLength(1);
    expect((await host.get('/api', { cookie })).status).toBe(200);
  });

  it('recognises a call that came by webhook too', async () => {
    const host = await world.start();
    const both = call('m-1', 'wh-1');
    await host.webhook(both.user_token);
    list(both);
    await host.service.reconcileNow();
    await host.untilCalls('applied');
    expect(world.meveto.exchanges).toHaveLength(1);
    expect((await host.service.status()).counters.reconcile_new_call).toBe(0);
  });

  it('reads page after page, leaves out what it does not understand, and stops at a cursor that comes back', async () => {
    const host = await world.start({
      users: [
        { id: 1, mevetoId: 'm-1' },
        { id: 2, mevetoId: 'm-2' },
      ],
    });
    const pages = [
      listed([call('m-1', 'wh-1'), { id: 'wh-2' }, 'nonsense'], 'a'),
      listed([{ id: 3, type: 'Some_Later_Type', user_token: 'x' }], 'b'),
      listed([call('m-2', 'wh-4')], 'a'),
    ];
    const askedBefore = world.proxy.count(PENDING);
    world.proxy.fault = (path) => (path === PENDING ? (pages.shift() ?? listed([])) : 'pass');
    await host.service.reconcileNow();
    await host.untilCalls('applied', 2);
    expect(world.proxy.count(PENDING) - askedBefore).toBe(3);
  });

  it('reads a page of any size', async () => {
    const host = await world.start();
    const forged = Array.from({ length: 600 }, (_, index) => ({
      id: `wh-${String(index)}`,
      type: 'User_Logged_Out',
      user_token: `forged-${String(index)}-${'x'.repeat(100)}`,
    }));
    list(...forged, call('m-1', 'wh-real'));
    await host.service.reconcileNow();
    const { calls } = await host.service.status();
    expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBe(601);
  });

  it('is neither stopped nor held up at start by a Meveto that hangs', async () => {
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
  ])('goes on after %s', async (_what, fault) => {
    world.proxy.fault = () => fault;
    const host = await world.start();
    expect((await host.service.status()).reconciler.lastFailureAt).toEqual(expect.any(Number));
    list(call('m-1', 'wh-1'));
    await host.service.reconcileNow();
    await host.untilCalls('applied');
    expect((await host.service.status()).reconciler.lastSuccessAt).toEqual(expect.any(Number));
  });
});
