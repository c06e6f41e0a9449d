import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MevetoLogoutOptions } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { databaseKind } from '../support/database.js';
import { CLIENT_SECRET } from '../support/hosts/host-app.js';
import { type HostClient, World } from '../support/world.js';
import { letTimePass, until } from '../support/until.js';

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
      options: { inbox: { shutdownTimeoutMs: 0, leaseMs: 1_000 }, exchange: { timeoutMs: 400 }, ...options },
    });

  /** Meveto does not answer: jobs are stored and wait. */
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
      { clientSecret: 'an-older-client-secret-0123456789' },
      { previousClientSecrets: ['an-older-client-secret-0123456789'] },
    ],
    [
      'the client secret, for a key',
      {},
      { keys: { current: FIRST }, previousClientSecrets: [CLIENT_SECRET] },
    ],
    [
      'a key together with a client secret that is too weak alone',
      { clientSecret: 'hunter2', keys: { current: FIRST } },
      { clientSecret: 'hunter3', keys: { current: SECOND, previous: [FIRST] } },
    ],
  ])('can be changed while a job waits: %s', async (_what, before, after) => {
    mevetoIsAway();
    const first = await start(before);
    const bearer = await first.token();
    const token = world.meveto.issueUserToken('m-1');
    await first.webhook(token);
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    await world.stop(first);

    const second = await start(after);
    // Meveto repeats and lists the webhook: still one job.
    expect((await second.webhook(token)).status).toBe(202);
    world.proxy.fault = (path) => (path === PENDING ? listed('wh-1', token) : 'pass');
    await second.service.reconcileNow();
    await second.untilJobs('applied');
    expect(await second.states()).toMatchObject({ applied: 1, pending: 0, ambiguous: 0, rejected: 0 });
    expect(world.meveto.exchanges).toHaveLength(1);
    expect((await second.get('/api', { authorization: `Bearer ${bearer}` })).status).toBe(401);
    expect((await second.webhook(token)).status).toBe(202);
    expect(await second.states()).toMatchObject({ applied: 1, pending: 0 });
  });

  it.each<[string, Partial<MevetoLogoutOptions>, Partial<MevetoLogoutOptions>]>([
    ['keys', { keys: { current: FIRST } }, { keys: { current: SECOND } }],
    ['a client secret', {}, { clientSecret: 'another-client-secret-0123456789' }],
  ])('do not affect the names of users in pages: %s', async (_what, before, after) => {
    const nameBy = async (host: HostClient): Promise<string> => {
      const authorization = `Bearer ${await host.token()}`;
      const response = await host.get('/meveto/session', { authorization });
      return ((await response.json()) as { session: string }).session;
    };
    const first = await start(before);
    const name = await nameBy(first);
    expect(name).toMatch(/^[\w-]{43}$/);
    expect(await nameBy(await start(after))).toBe(name);
    await world.stop(first);
    expect(await nameBy(await start(after))).toBe(name);

    const other = await World.create();
    try {
      expect(await nameBy(await other.start({ options: before }))).not.toBe(name);
    } finally {
      await other.end();
    }
  });

  it('that are missing leave their jobs unreadable, until the token is received again or the key is added', async () => {
    mevetoIsAway();
    const first = await start({ keys: { current: FIRST } });
    const token = world.meveto.issueUserToken('m-1');
    await first.webhook(token);
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    await world.stop(first);
    mevetoIsBack();
    const second = await start({ keys: { current: SECOND } });
    await until('the job is unreadable', async () => (await rowsOf(second))[0]?.['reason'] === 'key-missing');
    expect(world.meveto.exchanges).toHaveLength(0);
    await world.stop(second);

    const third = await start({ keys: { current: SECOND, previous: [FIRST] } });
    // A repeated webhook makes the job due at once.
    await third.webhook(token);
    await third.untilJobs('applied', 1, 1_000);
    expect(await third.states()).toMatchObject({ applied: 1, expired: 0, pending: 0 });
  });

  it('may change in one step while other replicas still have only the older keys', async () => {
    const older = await start({ keys: { current: FIRST } });
    const newer = await start({ keys: { current: SECOND, previous: [FIRST] } });
    const tokens = Array.from({ length: 12 }, () => world.meveto.issueUserToken('m-1'));
    await Promise.all(tokens.map((token) => newer.webhook(token)));
    await newer.untilJobs('applied', tokens.length, 20_000);
    expect(await older.states()).toMatchObject({ expired: 0, rejected: 0, ambiguous: 0, pending: 0 });
    expect(world.meveto.exchanges).toHaveLength(tokens.length);
  }, 30_000);

  it('keep the state of senders and of removed links when they change', async () => {
    const first = await start({ keys: { current: FIRST } });
    const bearer = await first.token();
    mevetoIsAway();
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    // The logout waits for its next attempt; the removal that follows runs first.
    mevetoIsBack();
    await first.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await until('the removal', async () =>
      (await rowsOf(first)).some(({ kind, state }) => kind === 'unlink' && state === 'applied'),
    );
    mevetoIsAway();
    await world.stop(first);

    const second = await start({ keys: { current: SECOND, previous: [FIRST] } });
    await second.webhook('one-more-of-the-same-sender');
    const confirmed = (await rowsOf(second)).filter(
      ({ state, priority }) => state === 'pending' && priority === 1,
    );
    expect(confirmed).toHaveLength(1);
    mevetoIsBack();
    await second.untilJobs('applied', 2);
    expect((await second.get('/api', { authorization: `Bearer ${bearer}` })).status).toBe(401);
  });

  it('are requested at start, before any webhook or job is handled; without them the start fails', async () => {
    const first = await start({});
    mevetoIsAway();
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    await world.stop(first);
    mevetoIsBack();
    // The last request may still be on its way to the proxy.
    await letTimePass(100);
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

  it('are required when the client secret is weak', async () => {
    const weak = start({ clientSecret: 'hunter2' });
    await expect(weak).rejects.toThrow(/clientSecret: got 7 bytes, expected at least 16.* keys: /);
    await expect(weak).rejects.not.toThrow(/hunter2/);
  });

  it('that are weak make the start fail, and are not quoted', async () => {
    const weak = start({ keys: { current: 'weak-secret' } });
    await expect(weak).rejects.toThrow(/keys\.current: got 11 bytes, expected at least 32/);
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
  host.app.get(DataSource).query('SELECT kind, state, priority, reason, sealed FROM meveto_logout_jobs');
