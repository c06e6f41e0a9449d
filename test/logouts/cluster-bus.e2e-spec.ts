import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createAdapter } from '@socket.io/redis-adapter';
import type { AnnouncedLogout } from 'nestjs-meveto-logout';
import type { HostOptions } from '../support/hosts/host-app.js';
import { ioAdapter } from '../support/hosts/io-adapter.js';
import { type LiveOptions, LiveSocket } from '../support/live/live-socket.js';
import { PubSub } from '../support/live/pub-sub.js';
import { type HostClient, World } from '../support/world.js';
import { staysTrue, until } from '../support/until.js';

const CHANNEL = 'socket.io-request#/meveto-logout#';
/** No poll happens during a test. */
const NO_REFRESH = { logouts: { pollIntervalMs: 60_000 } };

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
  const receivedBy = (host: HostClient): AnnouncedLogout[] => {
    const received: AnnouncedLogout[] = [];
    host.service.logouts$.subscribe((logout) => received.push(logout));
    return received;
  };
  const logOut = async (host: HostClient, mevetoId = 'm-1', count = 1): Promise<void> => {
    await host.webhook(world.meveto.issueUserToken(mevetoId));
    await host.untilJobs('applied', count);
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

  it('delivers a logout to guards and browsers of the other replicas', async () => {
    const [first, second, third] = [await replica(), await replica(), await replica()];
    const received = receivedBy(second);
    const token = await first.token();
    const socket = open(third.url, { token });
    await socket.next('connect');
    await logOut(first);
    await socket.next('logged-out', 1_000);
    expect(await socket.next('disconnect')).toBe('io server disconnect');
    await until('the second replica has the logout', () => received.length > 0, 1_000);
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
    expect(received).toEqual([
      { userId: '1', loggedOutAt: expect.any(Number), reason: 'meveto', source: 'cluster' },
    ]);
  });

  it('delivers the reason of a logout by the application to the other replicas and their browsers', async () => {
    const [first, second] = [await replica(), await replica()];
    const received = receivedBy(second);
    const socket = open(second.url, { token: await first.token() });
    await socket.next('connect');
    const { loggedOutAt } = await first.service.logOut(1, { reason: 'password-change' });
    expect(await socket.next('logged-out', 1_000)).toMatchObject({
      reason: 'logged-out',
      cause: 'password-change',
    });
    expect(received).toEqual([{ userId: '1', loggedOutAt, reason: 'password-change', source: 'cluster' }]);
  });

  it('gets a logout once, from the replica that committed it', async () => {
    const [first, second] = [
      await replica(),
      await replica({ options: { logouts: { pollIntervalMs: 50 } } }),
    ];
    const received = receivedBy(second);
    await logOut(first);
    await until('the second replica has the logout', () => received.length > 0);
    await staysTrue('one message', 200, () => received.length === 1);
    expect(bus.published.filter(({ channel }) => channel === CHANNEL)).toHaveLength(1);
    expect((await counters(first)).cluster_sent).toBe(1);
    expect((await counters(second)).cluster_sent).toBe(0);
  });

  it('carries no token and no Meveto ID', async () => {
    const first = await replica();
    await replica();
    const token = world.meveto.issueUserToken('m-1');
    await first.webhook(token);
    await first.untilJobs('applied');
    await until('the other replica has the logout', () =>
      bus.published.some(({ message }) => message.includes('logouts')),
    );
    const text = bus.published.map(({ message }) => message).join('\n');
    expect(text).toContain('logouts');
    expect(text).not.toContain(token);
    expect(text).not.toContain('m-1');
  });

  it.each([
    ['one channel', undefined],
    ['separate channels', 'other-app'],
  ])('keeps two applications apart that have %s on one Redis', async (_how, key) => {
    const other = { clientId: 'other-client', clientSecret: 'other-client-secret-0123456789' };
    const first = await replica();
    const foreign = await replica({ options: { ...NO_REFRESH, ...other } }, key);
    const fellow = await replica({ options: { ...NO_REFRESH, ...other } }, key);
    const twin = await replica();
    const [heardByForeign, heardByTwin] = [receivedBy(foreign), receivedBy(twin)];
    const token = await foreign.token();
    const socket = open(foreign.url, { token });
    await socket.next('connect');
    await logOut(first);
    await until('its own replica has the logout', () => heardByTwin.length > 0);
    const { cluster_refused } = await counters(foreign);
    expect(cluster_refused).toBe(key === undefined ? 1 : 0);
    expect(heardByForeign).toEqual([]);
    expect((await fellow.get('/api', { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(socket.socket.connected).toBe(true);
  });

  it('ignores foreign messages, and continues', async () => {
    const [first, second] = [await replica(), await replica()];
    const received = receivedBy(second);
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
    expect(received).toEqual([]);
    await logOut(first);
    await until('the second replica has the logout', () => received.length > 0);
  });

  it('may fail and recover: meanwhile replicas learn of logouts within the poll interval', async () => {
    const first = await replica();
    const second = await replica({ options: { logouts: { pollIntervalMs: 200 } } });
    const received = receivedBy(second);
    bus.isUp = false;
    await logOut(first);
    await until('the second replica has the logout', () => received.length === 1);
    bus.isUp = true;
    await logOut(first, 'm-1', 2);
    await until('the second replica has the next logout', () => received.length === 2);
    expect(received.map(({ source }) => source)).toEqual(['store', 'cluster']);
  });

  it('does not forward logouts of other replicas, and is not used without a cluster adapter', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const first = await world.start();
    await logOut(first);
    expect((await counters(first)).cluster_sent).toBe(0);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('is missing without Socket.IO: replicas learn of logouts by polling, and the start says so', async () => {
    const said: unknown[] = [];
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation((text: unknown) => said.push(text));
    const first = await replica({ extras: { livePush: false } });
    const second = await replica({
      options: { logouts: { pollIntervalMs: 100 } },
      extras: { livePush: false },
    });
    log.mockRestore();
    const received = receivedBy(second);
    const token = await first.token();
    await logOut(first);
    await until('the second replica has the logout', () => received.length > 0);
    expect(received.map(({ source }) => source)).toEqual(['store']);
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
    expect(said).toContainEqual(expect.stringContaining('learn of each other’s logouts within 100 ms'));
    expect(await open(first.url, { token }).next('connect_error')).toBeUndefined();
  });
});
