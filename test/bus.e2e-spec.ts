import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createAdapter } from '@socket.io/redis-adapter';
import type { AnnouncedLogout } from 'nestjs-meveto-logout';
import type { HostOptions } from './support/host-app.js';
import { ioAdapter } from './support/io-adapter.js';
import { type LiveOptions, LiveSocket } from './support/live-socket.js';
import { PubSub } from './support/pub-sub.js';
import { until } from './support/until.js';
import { type HostClient, World } from './support/world.js';

const CHANNEL = 'socket.io-request#/meveto-logout#';
/** The refresh does not come within a test, unless it is wanted. */
const NO_REFRESH = { refreshIntervalMs: 60_000 };

describe('the bus between replicas', () => {
  let world: World;
  let bus: PubSub;
  let sockets: LiveSocket[];
  const replica = (host: Partial<HostOptions> = {}, key?: string): Promise<HostClient> =>
    world.start({
      options: NO_REFRESH,
      ...host,
      configure: ioAdapter({
        adapter: createAdapter(bus.client(), bus.client(), key === undefined ? {} : { key }),
      }),
    });
  const open = (url: string, options: LiveOptions): LiveSocket => {
    const socket = new LiveSocket(url, options);
    sockets.push(socket);
    return socket;
  };
  const heardBy = (host: HostClient): AnnouncedLogout[] => {
    const heard: AnnouncedLogout[] = [];
    host.service.logouts$.subscribe((logout) => heard.push(logout));
    return heard;
  };
  const logOut = async (host: HostClient, mevetoId = 'm-1', count = 1): Promise<void> => {
    await host.webhook(world.meveto.issueUserToken(mevetoId));
    await host.untilCalls('applied', count);
  };
  const counters = async (host: HostClient) => (await host.service.status()).counters;
  beforeEach(async () => {
    sockets = [];
    bus = new PubSub();
    world = await World.create();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await world.end();
  });

  it('brings a logout to guards and browsers of the other replicas', async () => {
    const [first, second, third] = [await replica(), await replica(), await replica()];
    const heard = heardBy(second);
    const token = await first.token();
    const socket = open(third.url, { token });
    await socket.next('connect');
    await logOut(first);
    await socket.next('logged-out', 1_000);
    expect(await socket.next('disconnect')).toBe('io server disconnect');
    await until('the second replica has heard', () => heard.length > 0, 1_000);
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
    expect(heard).toEqual([{ userId: '1', loggedOutAt: expect.any(Number), source: 'cluster' }]);
  });

  it('is told of a logout once, by the replica that has committed it', async () => {
    const [first, second] = [await replica(), await replica({ options: { refreshIntervalMs: 50 } })];
    const heard = heardBy(second);
    await logOut(first);
    await until('the second replica has heard', () => heard.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(heard).toHaveLength(1);
    expect(bus.published.filter(({ channel }) => channel === CHANNEL)).toHaveLength(1);
    expect((await counters(first)).cluster_sent).toBe(1);
    expect((await counters(second)).cluster_sent).toBe(0);
  });

  it('carries no token and no Meveto ID', async () => {
    const first = await replica();
    await replica();
    const token = world.meveto.issueUserToken('m-1');
    await first.webhook(token);
    await first.untilCalls('applied');
    await until('the other replica is told', () =>
      bus.published.some(({ message }) => message.includes('logouts')),
    );
    const text = bus.published.map(({ message }) => message).join('\n');
    expect(text).toContain('logouts');
    expect(text).not.toContain(token);
    expect(text).not.toContain('m-1');
  });

  it.each([
    ['one channel', undefined],
    ['channels of their own', 'other-app'],
  ])('keeps two applications apart that have %s on one Redis', async (_how, key) => {
    const other = { clientId: 'other-client', clientSecret: 'other-client-secret-0123456789' };
    const first = await replica();
    const stranger = await replica({ options: { ...NO_REFRESH, ...other } }, key);
    const fellow = await replica({ options: { ...NO_REFRESH, ...other } }, key);
    const twin = await replica();
    const [heardByStranger, heardByTwin] = [heardBy(stranger), heardBy(twin)];
    const token = await stranger.token();
    const socket = open(stranger.url, { token });
    await socket.next('connect');
    await logOut(first);
    await until('its own replica has heard', () => heardByTwin.length > 0);
    const { cluster_refused } = await counters(stranger);
    expect(cluster_refused).toBe(key === undefined ? 1 : 0);
    expect(heardByStranger).toEqual([]);
    expect((await fellow.get('/api', { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(socket.socket.connected).toBe(true);
  });

  it('ignores what is no message of its own, and goes on', async () => {
    const [first, second] = [await replica(), await replica()];
    const heard = heardBy(second);
    const messages: unknown[] = [
      undefined,
      null,
      'text',
      7,
      [],
      {},
      { version: 2, logouts: '[["1",1]]', mac: 'x' },
      { version: 1, logouts: '[["1",1]]', mac: 'x'.repeat(43) },
      { version: 1, logouts: 'x'.repeat(2_000_000), mac: 'x' },
      { version: 1, logouts: { length: 1 }, mac: null },
    ];
    for (const message of messages) {
      bus.publish(CHANNEL, JSON.stringify({ uid: 'x', type: 6, data: ['meveto-logout:logouts', message] }));
    }
    await until('all are refused', async () => (await counters(second)).cluster_refused === messages.length);
    expect(heard).toEqual([]);
    await logOut(first);
    await until('the second replica has heard', () => heard.length > 0);
  });

  it('may be lost and come back: meanwhile the refresh brings logouts, within its interval', async () => {
    const first = await replica();
    const second = await replica({ options: { refreshIntervalMs: 200 } });
    const heard = heardBy(second);
    bus.isUp = false;
    await logOut(first);
    await until('the second replica has heard', () => heard.length === 1);
    bus.isUp = true;
    await logOut(first, 'm-1', 2);
    await until('the second replica has heard again', () => heard.length === 2);
    expect(heard.map(({ source }) => source)).toEqual(['store', 'cluster']);
  });

  it('is not used for the logouts of others, nor without a cluster adapter', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const first = await world.start();
    await logOut(first);
    expect((await counters(first)).cluster_sent).toBe(0);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('is not there without Socket.IO: the refresh brings logouts, and the start says so', async () => {
    const said: unknown[] = [];
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation((text: unknown) => said.push(text));
    const first = await replica({ extras: { livePush: false } });
    const second = await replica({ options: { refreshIntervalMs: 100 }, extras: { livePush: false } });
    log.mockRestore();
    const heard = heardBy(second);
    const token = await first.token();
    await logOut(first);
    await until('the second replica has heard', () => heard.length > 0);
    expect(heard.map(({ source }) => source)).toEqual(['store']);
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
    expect(said).toContainEqual(expect.stringContaining('hear of each other’s logouts within 100 ms'));
    expect(await open(first.url, { token }).next('connect_error')).toBeUndefined();
  });
});
