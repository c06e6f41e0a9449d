import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AnnouncedLogout, type MevetoLogoutOptions, socketIo } from 'nestjs-meveto-logout';
import { chatGateways } from '../support/hosts/chat-gateways.js';
import { type Adapter, ADAPTERS } from '../support/live/cluster-adapters.js';
import { ioAdapter } from '../support/hosts/io-adapter.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { type HostClient, World } from '../support/world.js';
import { staysTrue, until } from '../support/until.js';

const NO_REFRESH = { logouts: { pollIntervalMs: 60_000 } };
const USERS = Array.from({ length: 41 }, (_, index) => ({
  id: index + 1,
  mevetoId: `m-${String(index + 1)}`,
}));
const RUNS = 40;
/** Promise P8: the time between the commit on one replica and the logout state of another; both are in this process. */
const KNOWN_WITHIN_MS = 100;
const OTHER_CLIENT = { clientId: 'other-client', clientSecret: 'other-client-secret-0123456789' };

const isFromCluster = ({ source }: AnnouncedLogout): boolean => source === 'cluster';

describe.each(ADAPTERS)('Socket.IO’s adapter for %s', (name, openAdapter) => {
  let world: World;
  let adapters: Adapter[];
  let sockets: LiveSocket[];
  let key: string;
  const replica = async (options: Partial<MevetoLogoutOptions> = {}, prefix = key): Promise<HostClient> => {
    const opened = await openAdapter(prefix);
    adapters.push(opened);
    return world.start({
      users: USERS,
      options: { ...NO_REFRESH, ...options },
      extras: { livePush: socketIo({ namespaces: ['/chat'] }) },
      metadata: { providers: chatGateways },
      configure: (app) => {
        app.enableShutdownHooks();
        ioAdapter({ adapter: opened.adapter })(app);
      },
    });
  };
  const receivedBy = (host: HostClient): AnnouncedLogout[] => {
    const received: AnnouncedLogout[] = [];
    host.service.logouts$.subscribe((logout) => received.push(logout));
    return received;
  };
  beforeEach(async () => {
    adapters = [];
    sockets = [];
    key = `test-${randomUUID().slice(0, 8)}`;
    world = await World.create();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await world.end();
    for (const adapter of adapters) await adapter.close();
  });

  it('delivers logouts to the guards and the browsers of other replicas', async () => {
    const [first, second] = [await replica(), await replica()];
    const received = receivedBy(second);
    const token = await first.token();
    const socket = new LiveSocket(second.url, { token });
    sockets.push(socket);
    await socket.next('connect');
    await untilConnected(first, received);
    expect(received.find(isFromCluster)).toEqual({
      userId: '1',
      loggedOutAt: expect.any(Number),
      reason: 'meveto',
      source: 'cluster',
    });
    await socket.next('logged-out');
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  // The second replica may also take the job from the inbox.
  const untilConnected = async (first: HostClient, received: readonly AnnouncedLogout[]): Promise<void> => {
    const works = async (): Promise<boolean> => {
      await first.webhook(world.meveto.issueUserToken('m-1'));
      return received.some(isFromCluster);
    };
    await until('the bus works', works, 20_000);
  };

  it(`delivers them within ${String(KNOWN_WITHIN_MS)} ms, in 19 of 20 tries`, async () => {
    const [first, second] = [await replica(), await replica()];
    const knownAt = { first: new Map<string, number>(), second: new Map<string, number>() };
    first.service.logouts$.subscribe(({ userId }) => knownAt.first.set(userId, performance.now()));
    second.service.logouts$.subscribe(({ userId }) => knownAt.second.set(userId, performance.now()));
    await untilConnected(first, receivedBy(second));
    const took: number[] = [];
    for (const { id, mevetoId } of USERS.slice(1)) {
      await first.webhook(world.meveto.issueUserToken(mevetoId));
      const times = () => [knownAt.first.get(String(id)), knownAt.second.get(String(id))] as const;
      await until(`user ${String(id)} is known as logged out`, () => !times().includes(undefined));
      // Either replica may have taken the job from the inbox.
      const [onFirst = NaN, onSecond = NaN] = times();
      took.push(Math.abs(onSecond - onFirst));
    }
    took.sort((one, other) => one - other);
    console.log(`${name}: known after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    expect(took).toHaveLength(RUNS);
    expect(took[Math.ceil(RUNS * 0.95) - 1]).toBeLessThanOrEqual(KNOWN_WITHIN_MS);
  });

  it('closes the user’s sockets in the application’s own namespaces on other replicas, and no others', async () => {
    const [first, second] = [await replica(), await replica()];
    await untilConnected(first, receivedBy(second));
    const open = async (userId: number): Promise<LiveSocket> => {
      const socket = new LiveSocket(second.url, { token: await second.token(userId), namespace: '/chat' });
      sockets.push(socket);
      await socket.next('connect');
      return socket;
    };
    const [mine, other] = [await open(2), await open(3)];
    await first.webhook(world.meveto.issueUserToken('m-2'));
    expect(await mine.next('logged-out')).toMatchObject({ reason: 'logged-out' });
    expect(await mine.next('disconnect')).toBe('io server disconnect');
    const again = new LiveSocket(first.url, { token: await first.token(2), namespace: '/chat' });
    sockets.push(again);
    await again.next('connect');
    await first.webhook(world.meveto.issueUserToken('m-4'));
    await staysTrue('both stay', 200, () => other.events.length === 1 && again.events.length === 1);
    expect([other.events, again.events]).toEqual([['connect'], ['connect']]);
  });

  it.each([
    ['one channel', (own: string) => own],
    ['channels of their own', (own: string) => `${own}-other`],
  ])('does not carry logouts from one application to another, on %s', async (_how, prefixOf) => {
    const [first, twin] = [await replica(), await replica()];
    const stranger = await replica(OTHER_CLIENT, prefixOf(key));
    const [byTwin, byStranger] = [receivedBy(twin), receivedBy(stranger)];
    await until('the twin has the logout', async () => {
      await first.webhook(world.meveto.issueUserToken('m-1'));
      return byTwin.length > 0;
    });
    await until('the message has had time to arrive', async () => {
      const { cluster_refused } = (await stranger.service.status()).counters;
      return prefixOf(key) === key ? cluster_refused > 0 : true;
    });
    expect(byStranger).toEqual([]);
  });
});
