import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { socketIo } from 'nestjs-meveto-logout';
import { refusedWith } from '../support/live/refused-with.js';
import { SocketWorld } from '../support/live/socket-world.js';
import { staysTrue, until } from '../support/until.js';

describe('sockets', () => {
  let live: SocketWorld;
  beforeEach(async () => {
    live = await SocketWorld.create();
  });
  afterEach(async () => {
    await live.end();
  });

  it('of one user are limited in number: a further one is refused with a code, and accepted when one has left', async () => {
    await live.start({ extras: { livePush: socketIo({ maxSocketsPerUser: 3, namespaces: ['/chat'] }) } });
    const token = await live.host.token(1);
    const first = [live.open({ token }), live.open({ token }), live.open({ token })];
    for (const socket of first) await socket.next('connect');
    expect(await live.open({ token }).next('connect_error')).toEqual(refusedWith('too-many-sockets'));
    await live.open({ token, namespace: '/chat' }).next('connect');
    await live.open({ token: await live.host.token(2) }).next('connect');
    first[0]?.close();
    await until('one more is accepted', async () => {
      const socket = live.open({ token });
      return Promise.race([
        socket.next('connect').then(() => true),
        socket.next('connect_error').then(() => false),
      ]);
    });
  });

  it('of one user are limited in number also when all connect at once', async () => {
    await live.start({ extras: { livePush: socketIo({ maxSocketsPerUser: 3 }) } });
    const token = await live.host.token(1);
    const all = Array.from({ length: 12 }, () => live.open({ token }));
    await Promise.all(
      all.map((socket) => Promise.race([socket.next('connect'), socket.next('connect_error')])),
    );
    await until('three are left', () => all.filter(({ socket }) => socket.connected).length === 3);
    await live.logOut('m-1');
    await until('all are disconnected', () => all.every(({ socket }) => !socket.connected));
  });

  it('of an ended session are notified, however many of the user are open', async () => {
    await live.start({ extras: { livePush: socketIo({ maxSocketsPerUser: 1 }) } });
    const token = await live.host.token(1);
    await live.logOut('m-1');
    await live.open({ token: await live.host.token(1) }).next('connect');
    const late = live.open({ token });
    await late.next('logged-out');
    expect(late.events).toEqual(['connect', 'logged-out', 'disconnect'].slice(0, late.events.length));
  });

  it('cannot send on the module’s namespace: their packets are dropped', async () => {
    await live.start({});
    const socket = live.open({ token: await live.host.token(1) });
    await socket.next('connect');
    let isAnswered = false;
    socket.socket.emit('say', 'x'.repeat(100_000), () => (isAnswered = true));
    await staysTrue('no answer, no other event', 200, () => !isAnswered && socket.events.length === 1);
    expect(socket.events).toEqual(['connect']);
    await live.logOut('m-1');
    await socket.next('logged-out');
  });

  it('of sessions that exceed the maximum age are notified and closed', async () => {
    await live.start({ options: { logouts: { maxSessionAgeMs: 60_000 } } });
    const [userId, , id] = (await live.host.token(1)).split('.');
    const old = live.open({ token: `${String(userId)}.${String(Date.now() - 58_000)}.${String(id)}` });
    await old.next('connect');
    expect(await old.next('logged-out', 12_000)).toMatchObject({ reason: 'expired', redirectTo: '/login' });
    expect(await old.next('disconnect')).toBe('io server disconnect');
  }, 20_000);

  it('are accepted from pages of configured origins, and from no other site', async () => {
    await live.start({ extras: { livePush: socketIo({ origins: ['https://app.example'] }) } });
    const token = await live.host.token(1);
    await live.open({ token, origin: 'https://app.example' }).next('connect');
    expect(await live.open({ token, origin: 'https://app.example.evil' }).next('connect_error')).toEqual(
      refusedWith('foreign-origin'),
    );
  });

  it('send no CORS headers to other sites', async () => {
    await live.start({});
    const answer = await live.host.get('/socket.io/?EIO=4&transport=polling', {
      origin: 'https://elsewhere.example',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('get delays for the login page when they are many', async () => {
    await live.start({ extras: { livePush: socketIo({ redirectsPerSecond: 20, maxSocketsPerUser: 30 }) } });
    const token = await live.host.token(1);
    const all = Array.from({ length: 25 }, () => live.open({ token }));
    for (const socket of all) await socket.next('connect');
    await live.logOut('m-1');
    const messages = await Promise.all(all.map((socket) => socket.next('logged-out')));
    const delays = messages
      .map((message) => (message as { delayMs?: number }).delayMs ?? 0)
      .sort((a, b) => a - b);
    expect(delays.filter((delayMs) => delayMs === 0).length).toBeGreaterThanOrEqual(5);
    expect(delays.at(-1)).toBeGreaterThan(800);
    expect(delays.at(-1)).toBeLessThanOrEqual(1_000);
    expect(new Set(delays.slice(7)).size).toBe(18);
  });

  it('are not served without live push', async () => {
    await live.start({ extras: { livePush: false } });
    const token = await live.host.token(1);
    expect(await live.open({ token }).next('connect_error')).toBeUndefined();
    await live.logOut('m-1');
    expect((await live.host.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });
});
