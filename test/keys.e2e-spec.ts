import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MevetoLogoutOptions } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { databaseKind } from './support/database.js';
import { CLIENT_SECRET } from './support/host-app.js';
import { until } from './support/until.js';
import { type HostClient, World } from './support/world.js';

const EXCHANGE = '/api/client/user-for-token';
const PENDING = '/api/client/webhooks/pending';
const [FIRST, SECOND] = ['first-key-0123456789-abcdefghijkl', 'second-key-0123456789-abcdefghijk'];

describe(`keys on ${databaseKind}`, () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  const start = (options: Partial<MevetoLogoutOptions>) =>
    world.start({
      options: { shutdownTimeoutMs: 0, leaseMs: 1_000, exchange: { timeoutMs: 400 }, ...options },
    });

  /** Meveto is away; calls are stored, and wait. */
  function mevetoIsAway(): void {
    world.proxy.fault = (path) => (path === EXCHANGE ? { status: 503, body: '' } : 'pass');
  }
  function mevetoIsBack(): void {
    world.proxy.fault = () => 'pass';
  }

  it.each<[string, Partial<MevetoLogoutOptions>, Partial<MevetoLogoutOptions>]>([
    [
      'a key of the application’s own',
      { keys: { current: FIRST } },
      { keys: { current: SECOND, previous: [FIRST] } },
    ],
    [
      'a key from a function',
      { keys: () => ({ current: FIRST }) },
      { keys: () => Promise.resolve({ current: SECOND, previous: [FIRST] }) },
    ],
    [
      'the client secret',
      { clientSecret: 'an older secret' },
      { previousClientSecrets: ['an older secret'] },
    ],
    [
      'the client secret, for a key',
      {},
      { keys: { current: FIRST }, previousClientSecrets: [CLIENT_SECRET] },
    ],
  ])('can be changed while a call waits: %s', async (_what, before, after) => {
    mevetoIsAway();
    const first = await start(before);
    const bearer = await first.token();
    const token = world.meveto.issueUserToken('m-1');
    await first.webhook(token);
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    await world.stop(first);

    const second = await start(after);
    // Meveto tries again and lists it too: still one call.
    expect((await second.webhook(token)).status).toBe(202);
    world.proxy.fault = (path) => (path === PENDING ? listed('wh-1', token) : 'pass');
    await second.service.reconcileNow();
    await second.untilCalls('applied');
    expect(await second.states()).toMatchObject({ applied: 1, pending: 0, ambiguous: 0, rejected: 0 });
    expect(world.meveto.exchanges).toHaveLength(1);
    expect((await second.get('/api', { authorization: `Bearer ${bearer}` })).status).toBe(401);
    expect((await second.webhook(token)).status).toBe(202);
    expect(await second.states()).toMatchObject({ applied: 1, pending: 0 });
  });

  it('name a user to pages alike while replicas with older and newer ones stand side by side', async () => {
    const names = async (keys: NonNullable<MevetoLogoutOptions['keys']>): Promise<string[]> => {
      const host = await start({ keys });
      const authorization = `Bearer ${await host.token()}`;
      const response = await host.get('/meveto/session', { authorization });
      return ((await response.json()) as { session: string }).session.split('|');
    };
    const before = await names({ current: FIRST });
    const meanwhile = await names({ current: SECOND, previous: [FIRST] });
    const after = await names({ current: SECOND });
    expect(meanwhile).toEqual([...after, ...before]);
    expect(before).not.toEqual(after);
    for (const name of meanwhile) expect(name).toMatch(/^[\w-]{43}$/);
  });

  it('that are gone leave the calls that they sealed unread, until the token or the key comes', async () => {
    mevetoIsAway();
    const first = await start({ keys: { current: FIRST } });
    const token = world.meveto.issueUserToken('m-1');
    await first.webhook(token);
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    await world.stop(first);
    mevetoIsBack();
    const second = await start({ keys: { current: SECOND } });
    await until(
      'it is found unreadable',
      async () => (await rowsOf(second))[0]?.['reason'] === 'key-missing',
    );
    expect(world.meveto.exchanges).toHaveLength(0);
    await world.stop(second);

    const third = await start({ keys: { current: SECOND, previous: [FIRST] } });
    // Sent again it need not wait for its next turn.
    await third.webhook(token);
    await third.untilCalls('applied', 1, 1_000);
    expect(await third.states()).toMatchObject({ applied: 1, expired: 0, pending: 0 });
  });

  it('may be changed in one step, while replicas with the older ones alone still stand beside the others', async () => {
    const older = await start({ keys: { current: FIRST } });
    const newer = await start({ keys: { current: SECOND, previous: [FIRST] } });
    const tokens = Array.from({ length: 12 }, () => world.meveto.issueUserToken('m-1'));
    await Promise.all(tokens.map((token) => newer.webhook(token)));
    await newer.untilCalls('applied', tokens.length, 20_000);
    expect(await older.states()).toMatchObject({ expired: 0, rejected: 0, ambiguous: 0, pending: 0 });
    expect(world.meveto.exchanges).toHaveLength(tokens.length);
  }, 30_000);

  it('keep what is known of senders and of removed links when they change', async () => {
    const first = await start({ keys: { current: FIRST } });
    const bearer = await first.token();
    mevetoIsAway();
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    // The logout waits for its next attempt; the removal that follows it is worked on first.
    mevetoIsBack();
    await first.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await until('the removal', async () =>
      (await rowsOf(first)).some(
        ({ type, state }) => type === 'Meveto_Protection_Removed' && state === 'applied',
      ),
    );
    mevetoIsAway();
    await world.stop(first);

    const second = await start({ keys: { current: SECOND, previous: [FIRST] } });
    await second.webhook('one-more-of-the-same-sender');
    const confirmed = (await rowsOf(second)).filter(({ state, lane }) => state === 'pending' && lane === 1);
    expect(confirmed).toHaveLength(1);
    mevetoIsBack();
    await second.untilCalls('applied', 2);
    expect((await second.get('/api', { authorization: `Bearer ${bearer}` })).status).toBe(401);
  });

  it('are asked for at start, before anything is taken or worked on; without them there is no start', async () => {
    const first = await start({});
    mevetoIsAway();
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    await world.stop(first);
    mevetoIsBack();
    // The last question may still be on its way to the proxy.
    await delay(100);
    const asked = world.proxy.seen.length;
    await expect(
      start({ keys: () => Promise.reject(new Error(`no access to ${FIRST}`)) }),
    ).rejects.toMatchObject({
      code: 'ERR_MEVETO_KEYS_UNAVAILABLE',
      message:
        'keys: the function gave no keys (Error). Check that it works by itself, e.g. its access to the KMS.',
    });
    expect(world.proxy.seen.length).toBe(asked);
  });

  it('that are weak stop the start, and are not quoted', async () => {
    const weak = start({ keys: { current: 'weak-secret' } });
    await expect(weak).rejects.toThrow(/keys\.current: got 11 bytes, wanted at least 32/);
    await expect(weak).rejects.not.toThrow(/weak-secret/);
  });
});

const listed = (id: string, token: string) => ({
  status: 200,
  body: JSON.stringify({
    status: 'Pending_Webhooks_Retrieved',
    payload: { webhooks: [{ id, type: 'User_Logged_Out', user_token: token }], next: null },
  }),
});

const rowsOf = (host: HostClient): Promise<Record<string, unknown>[]> =>
  host.app.get(DataSource).query('SELECT type, state, lane, reason, sealed FROM meveto_logout_calls');
