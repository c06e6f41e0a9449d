import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { type LiveOptions, LiveSocket } from '../support/live/live-socket.js';
import { refusedWith } from '../support/live/refused-with.js';
import { type HostClient, World } from '../support/world.js';

describe(`live push on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  let sockets: LiveSocket[];
  const open = (options: LiveOptions, url = host.url): LiveSocket => {
    const socket = new LiveSocket(url, options);
    sockets.push(socket);
    return socket;
  };
  beforeEach(async () => {
    sockets = [];
    world = await World.create();
    host = await world.start({
      users: [
        { id: 1, mevetoId: 'm-1' },
        { id: 2, mevetoId: 'm-2' },
      ],
    });
  });
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await world.end();
  });

  it.each([
    ['a session cookie over a websocket', 'cookie', ['websocket']],
    ['a session cookie over polling', 'cookie', ['polling']],
    ['an access token', 'token', ['websocket']],
  ] as const)('notifies a browser with %s, then disconnects it', async (_what, kind, transports) => {
    const credentials = kind === 'cookie' ? { cookie: await host.login() } : { token: await host.token() };
    const socket = open({ ...credentials, transports });
    await socket.next('connect');
    await host.webhook(world.meveto.issueUserToken('m-1'));

    const message = await socket.next('logged-out', 1_500);
    expect(message).toEqual({
      loggedOutAt: expect.any(String),
      redirectTo: '/login',
      reason: 'logged-out',
      cause: 'meveto',
    });
    const { loggedOutAt } = message as { loggedOutAt: string };
    expect(new Date(loggedOutAt).toISOString()).toBe(loggedOutAt);
    expect(await socket.next('disconnect')).toBe('io server disconnect');
    expect(socket.received.map(({ event }) => event)).toEqual(['connect', 'logged-out', 'disconnect']);
  });

  it('does not affect other users, and sessions that began since', async () => {
    const other = open({ cookie: await host.login(2) });
    await other.next('connect');
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    const later = open({ cookie: await host.login(1) });
    await later.next('connect');
    await host.webhook(world.meveto.issueUserToken('m-2'));
    await other.next('logged-out');
    expect(later.received.map(({ event }) => event)).toEqual(['connect']);
    expect(later.socket.connected).toBe(true);
  });

  it('notifies a browser that was offline during the logout when it reconnects', async () => {
    const cookie = await host.login();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    const late = open({ cookie });
    await late.next('logged-out');
    expect(await late.next('disconnect')).toBe('io server disconnect');
  });

  it.each<[string, LiveOptions, string]>([
    ['no session', {}, 'not-logged-in'],
    ['an unknown session', { cookie: 'host.sid=s%3Amade-up.signature' }, 'not-logged-in'],
    ['a page of another site', { origin: 'https://elsewhere.example' }, 'foreign-origin'],
  ])('refuses %s with a code', async (_who, options, code) => {
    expect(await open(options).next('connect_error')).toEqual(refusedWith(code));
  });

  it('refuses a page of another site even with a valid cookie, and accepts its own pages', async () => {
    const cookie = await host.login();
    expect(await open({ cookie, origin: 'http://127.0.0.1:1' }).next('connect_error')).toEqual(
      refusedWith('foreign-origin'),
    );
    await open({ cookie, origin: host.url }).next('connect');
  });

  it('reaches the browsers of another replica without a bus, within the poll interval', async () => {
    const second = await world.start({ options: { logouts: { pollIntervalMs: 100 } } });
    const token = await host.token();
    const socket = open({ token }, second.url);
    await socket.next('connect');
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await socket.next('logged-out', 1_500);
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });
});
