import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { socketIo } from 'nestjs-meveto-logout';
import { LogoutCache } from '../../libs/meveto-logout/src/logouts/logout-cache.js';
import type { LiveSocket } from '../support/live/live-socket.js';
import { SocketWorld } from '../support/live/socket-world.js';
import { until } from '../support/until.js';

const COUNT = 500;
const SOME = 20;
const STAYING = 20;
const users = Array.from({ length: COUNT }, (_, index) => ({
  id: index + 1,
  mevetoId: `m-${String(index + 1)}`,
}));

describe('five hundred open sockets', () => {
  let live: SocketWorld;
  beforeEach(async () => {
    live = await SocketWorld.create();
  });
  afterEach(async () => {
    await live.end();
  });

  it('lose the sockets of logged out users, one, some or all at once, and no other socket', async () => {
    await live.start({ users, extras: { livePush: socketIo({ redirectsPerSecond: 200 }) } });
    const sockets = new Map<number, LiveSocket>();
    const since = Date.now();
    for (const { id } of users) sockets.set(id, live.open({ token: `${String(id)}.${String(since)}.row` }));
    const connected = () => [...sockets].filter(([, { socket }]) => socket.connected).map(([id]) => id);
    await until('all are open', () => connected().length === COUNT, 30_000);

    await live.logOut('m-1');
    await until('the one is disconnected', () => connected().length === COUNT - 1);
    expect(connected()).not.toContain(1);

    for (const { id } of users.slice(1, SOME)) {
      await live.host.webhook(live.world.meveto.issueUserToken(`m-${String(id)}`));
    }
    await until('some are disconnected', () => connected().length === COUNT - SOME, 20_000);
    expect(connected()).toEqual(users.slice(SOME).map(({ id }) => id));

    // One poll of the store returns all logouts of other replicas.
    const cache = live.host.app.get(LogoutCache, { strict: false });
    for (const { id } of users.slice(0, COUNT - STAYING))
      cache.learn({ userId: String(id), loggedOutAt: Date.now() }, 'store');
    await until('nearly all are disconnected', () => connected().length === STAYING, 20_000);
    expect(connected()).toEqual(users.slice(COUNT - STAYING).map(({ id }) => id));
    const messages = [...sockets.values()].map(({ received }) =>
      received.filter(({ event }) => event === 'logged-out'),
    );
    expect(messages.map((events) => events.length)).toEqual(
      users.map((_, index) => (index < COUNT - STAYING ? 1 : 0)),
    );
    const delays = messages
      .slice(0, COUNT - STAYING)
      .map(([event]) => (event?.data as { delayMs?: number }).delayMs ?? 0);
    expect(Math.max(...delays)).toBeGreaterThan(1_000);
    expect(new Set(delays).size).toBeGreaterThan(200);
  }, 90_000);
});
