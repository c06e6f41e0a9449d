import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConfigurationError } from 'nestjs-meveto-logout';
import { pusher, type PusherOptions } from 'nestjs-meveto-logout/pusher';
import { databaseKind } from '../support/database.js';
import { CLIENT_SECRET } from '../support/hosts/host-app.js';
import {
  authorize,
  LOGGED_OUT,
  PusherClient,
  subscribeAs,
  type Subscription,
  subscriptionOf,
} from '../support/live/pusher-browser.js';
import { PusherStandIn } from '../support/live/pusher-stand-in.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

const ORIGIN = 'https://app.example';
const USERS = [1, 2].map((id) => ({ id, mevetoId: `m-${String(id)}` }));

describe(`live push by Pusher on ${databaseKind}`, () => {
  let world: World;
  let standIn: PusherStandIn;
  let browsers: PusherClient[];
  beforeEach(async () => {
    world = await World.create();
    standIn = await PusherStandIn.start();
    browsers = [];
  });
  afterEach(async () => {
    for (const browser of browsers) browser.disconnect();
    await world.end();
    await standIn.stop();
  });

  const options = (): PusherOptions => ({
    appId: standIn.appId,
    key: standIn.key,
    secret: standIn.secret,
    host: '127.0.0.1',
    port: standIn.port,
    useTLS: false,
    timeoutMs: 300,
  });
  const start = (more: Partial<PusherOptions> = {}) =>
    world.start({ users: USERS, extras: { livePush: pusher({ ...options(), ...more }) } });
  const subscribe = (host: HostClient, cookie: string, wanted?: string) =>
    subscribeAs(browsers, host, cookie, wanted);

  it('notifies every browser of the user, and no other, without personal data', async () => {
    const host = await start();
    const [one, other, bystander] = [await host.login(1), await host.login(1), await host.login(2)];
    const [first, second, third] = [
      await subscribe(host, one),
      await subscribe(host, other),
      await subscribe(host, bystander),
    ];
    expect(first.own.channel).toMatch(/^private-meveto-[\w-]{43}$/);
    expect(second.own.channel).toBe(first.own.channel);
    expect(third.own.channel).not.toBe(first.own.channel);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await until('both have the event', () => first.received.length === 1 && second.received.length === 1);
    expect(first.received[0]).toEqual({
      loggedOutAt: expect.stringMatching(/^\d{4}-.*Z$/),
      redirectTo: '/login',
      reason: 'logged-out',
      cause: 'meveto',
    });
    expect(third.received).toEqual([]);
    expect(standIn.published).toHaveLength(1);
  });

  it('passes on the application’s reason of a logout', async () => {
    const host = await start();
    const page = await subscribe(host, await host.login(1));
    await host.service.logOut(1, { reason: 'stolen-device' });
    await until('the page has the event', () => page.received.length === 1);
    expect(page.received[0]).toMatchObject({ reason: 'logged-out', cause: 'stolen-device' });
  });

  it('signs for live sessions and their own channel only', async () => {
    const host = await start({ origins: [ORIGIN] });
    const [alice, bob] = [await host.login(1), await host.login(2)];
    const { channel } = await subscriptionOf(host, alice);
    const stranger = await subscribe(host, bob, channel);
    expect(stranger.status).toBe(403);
    const body = { socket_id: '12.34', channel_name: channel };
    expect((await authorize(host, alice, body)).status).toBe(200);
    expect((await authorize(host, alice, body, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await authorize(host, alice, body, { origin: ORIGIN })).status).toBe(200);
    expect((await authorize(host, 'none=1', body)).status).toBe(401);
    expect((await host.get('/meveto/pusher')).status).toBe(401);
    for (const bad of [
      {},
      { ...body, socket_id: '1.2:private-x' },
      { ...body, channel_name: [channel] },
      [],
    ]) {
      expect((await authorize(host, alice, bad)).status).toBe(400);
    }
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    for (const refused of [
      await authorize(host, alice, body),
      await host.get('/meveto/pusher', { cookie: alice }),
    ]) {
      expect(refused.status).toBe(401);
      expect(await refused.json()).toMatchObject({ reason: 'logged-out' });
    }
    const again = await host.login(1);
    expect((await authorize(host, again, body)).status).toBe(200);
  });

  it('signs for every user whose session the request carries', async () => {
    const host = await start();
    const [cookie, token] = [await host.login(1), await host.token(2)];
    const both = { cookie, authorization: `Bearer ${token}` };
    const { channels } = (await (await host.get('/meveto/pusher', both)).json()) as Subscription;
    const first = await subscriptionOf(host, cookie);
    expect(channels).toHaveLength(2);
    expect(channels[0]).toEqual({ name: first.channel, signedInAt: first.signedInAt });
    for (const { name } of channels) {
      const body = { socket_id: '12.34', channel_name: name };
      expect((await authorize(host, cookie, body, { authorization: `Bearer ${token}` })).status).toBe(200);
    }
    const own = { cookie, authorization: `Bearer ${await host.token(1)}` };
    const twice = (await (await host.get('/meveto/pusher', own)).json()) as Subscription;
    expect(twice.channels).toEqual([channels[0]]);
  });

  it('does not accept a forged signature', async () => {
    const host = await start();
    const { key, wsPort, channel } = await subscriptionOf(host, await host.login(1));
    const forger = new PusherClient(key, {
      cluster: '',
      forceTLS: false,
      wsHost: '127.0.0.1',
      wsPort,
      enabledTransports: ['ws'],
      channelAuthorization: {
        customHandler: (_asked, done) => done(null, { auth: `${key}:${'0'.repeat(64)}` }),
      },
    });
    browsers.push(forger);
    forger.subscribe(channel);
    await until('the subscription is refused', () => standIn.refused.includes(channel));
    expect(standIn.subscriptions).toEqual([]);
  });

  it('sends the time of the logout, so that later sessions can ignore the event', async () => {
    const host = await start();
    await host.login(1);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await until('the logout is published', () => standIn.published.length === 1);
    const later = await subscribe(host, await host.login(1));
    for (const event of standIn.published) standIn.deliver(event);
    await until('the replay has arrived', () => later.received.length === 1);
    const { loggedOutAt } = later.received[0] as { loggedOutAt: string };
    expect(Date.parse(loggedOutAt)).toBeLessThan(later.own.signedInAt);
  });

  it.each([
    ['is down', 'stop' as const],
    ['does not answer', 'hang' as const],
    ['fails', 500],
    ['does not know the application', 401],
  ])('keeps logging out when Pusher %s, counts the failures, and gives up', async (_what, fault) => {
    const host = await start();
    const cookie = await host.login(1);
    if (fault === 'stop') await standIn.stop();
    else standIn.fault = fault;
    const began = performance.now();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect(performance.now() - began).toBeLessThan(2_000);
    expect((await host.get('/api', { cookie })).status).toBe(401);
    await until(
      'all attempts failed',
      async () => (await host.service.status()).counters.live_push_failed === 1,
      10_000,
    );
    if (fault !== 'stop') expect(standIn.requestCount).toBe(fault === 401 ? 1 : 3);
  });

  it('delivers after a short outage', async () => {
    const host = await start();
    const browser = await subscribe(host, await host.login(1));
    standIn.fault = 503;
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await until('a first attempt has failed', () => standIn.requestCount === 1);
    standIn.fault = undefined;
    await until('the browser has the event', () => browser.received.length === 1);
    expect((await host.service.status()).counters).toMatchObject({ live_push_sent: 1, live_push_failed: 0 });
  });

  it('uses a client of the application’s own, and options from a factory', async () => {
    const triggerBatch = jest.fn((events: unknown[]) => Promise.resolve(events));
    const server = { triggerBatch, authorizeChannel: () => ({ auth: 'signed' }) };
    const host = await world.start({
      extras: {
        livePush: pusher({
          path: 'live',
          useFactory: () => Promise.resolve({ key: 'their-key', cluster: 'eu', server }),
        }),
      },
    });
    const cookie = await host.login(1);
    const { channels, ...settings } = (await (await host.get('/live', { cookie })).json()) as Subscription;
    const channel = channels[0]?.name;
    expect(settings).toMatchObject({ key: 'their-key', cluster: 'eu', forceTLS: true });
    const body = { socket_id: '1.2', channel_name: channel };
    expect(await (await host.post('/live', body, { cookie })).json()).toEqual({ auth: 'signed' });
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await until('the logout was sent', () => triggerBatch.mock.calls.length === 1);
    expect(triggerBatch.mock.calls[0]?.[0]).toMatchObject([{ channel, name: LOGGED_OUT }]);
  });

  it('notifies browsers on the channel of an earlier key, too', async () => {
    const before = await start();
    const cookie = await before.login(1);
    const browser = await subscribe(before, cookie);
    await world.stop(before);
    const after = await world.start({
      extras: { livePush: pusher(options()) },
      options: { clientSecret: 'another-secret-0123456789', previousClientSecrets: [CLIENT_SECRET] },
    });
    await after.webhook(world.meveto.issueUserToken('m-1'));
    await until('the browser has the event', () => browser.received.length === 1);
  });

  it('does not start with invalid options, and quotes no secret', async () => {
    const failure: unknown = await start({ cluster: 'eu' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigurationError);
    expect((failure as ConfigurationError).message).toContain('livePush: expected either cluster or host');
    expect((failure as ConfigurationError).message).not.toContain('stand-in-secret');
  });
});
