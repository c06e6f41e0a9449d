import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createAdapter } from '@socket.io/redis-adapter';
import { ConfigurationError, LivePush, type MevetoLogoutStaticOptions, socketIo } from 'nestjs-meveto-logout';
import { pusher, type PusherServer } from 'nestjs-meveto-logout/pusher';
import { chatGateways } from '../support/hosts/chat-gateways.js';
import { ioAdapter } from '../support/hosts/io-adapter.js';
import { type LiveOptions, LiveSocket } from '../support/live/live-socket.js';
import { PubSub } from '../support/live/pub-sub.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

const USERS = [1, 2].map((id) => ({ id, mevetoId: `m-${String(id)}` }));

/** A Pusher client that records its events. */
class FakePusher implements PusherServer {
  readonly sent: string[] = [];
  readonly triggerBatch = jest.fn((events: readonly { name: string }[]) => {
    this.sent.push(...events.map(({ name }) => name));
    return Promise.resolve();
  });
  readonly authorizeChannel = () => ({ auth: 'signed' });
}

class FailingPush extends LivePush {
  override announce(): void {
    throw new TypeError('no such channel');
  }
  override close(): Promise<void> {
    return Promise.reject(new RangeError('not open'));
  }
}
const failing = { port: FailingPush, providers: [FailingPush] };

describe('live push with several adapters', () => {
  let world: World;
  let bus: PubSub;
  let pages: FakePusher;
  let sockets: LiveSocket[];
  const start = (livePush: MevetoLogoutStaticOptions['livePush'] = ways()): Promise<HostClient> =>
    world.start({
      users: USERS,
      metadata: { providers: chatGateways },
      // No poll happens during a test.
      options: { logouts: { pollIntervalMs: 60_000 } },
      configure: ioAdapter({ adapter: createAdapter(bus.client(), bus.client()) }),
      extras: { livePush },
    });
  const ways = () => [
    pusher({ key: 'a-key', cluster: 'eu', server: pages }),
    socketIo({ namespaces: ['/chat'] }),
  ];
  const open = async (host: HostClient, options: LiveOptions): Promise<LiveSocket> => {
    const socket = new LiveSocket(host.url, options);
    sockets.push(socket);
    await socket.next('connect');
    return socket;
  };
  beforeEach(async () => {
    bus = new PubSub();
    pages = new FakePusher();
    sockets = [];
    world = await World.create();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await world.end();
  });

  it('notifies pages by Pusher, and closes the application’s own sockets, on each replica', async () => {
    const [first, second] = [await start(), await start()];
    const [token, other] = [await first.token(1), await first.token(2)];
    const closing = [
      await open(first, { token, namespace: '/chat' }),
      await open(second, { token, namespace: '/chat' }),
      await open(second, { token }),
    ];
    const staying = [
      await open(second, { token, namespace: '/news' }),
      await open(second, { token: other, namespace: '/chat' }),
    ];
    await first.webhook(world.meveto.issueUserToken('m-1'));
    for (const socket of closing) {
      expect(await socket.next('logged-out', 2_000)).toMatchObject({ reason: 'logged-out' });
      expect(await socket.next('disconnect')).toBe('io server disconnect');
    }
    await until('Pusher is notified', () => pages.sent.length > 0);
    expect((await second.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
    for (const socket of staying) expect(socket.events).not.toContain('disconnect');
    // Only the replica that committed the logout sends.
    expect(pages.sent).toEqual(['logged-out']);
  });

  it('continues and logs an error when an adapter of the application fails, alone or with another', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    for (const livePush of [failing, [failing, ...ways()]]) {
      const host = await start(livePush);
      const authorization = `Bearer ${await host.token(1)}`;
      await host.webhook(world.meveto.issueUserToken('m-1'));
      await until('its refusal', async () => (await host.get('/api', { authorization })).status === 401);
      if (livePush !== failing) await until('Pusher is notified', () => pages.sent.length > 0);
      await world.stop(host);
      expect(errors.mock.calls).toEqual([
        [
          '[MEVETO_LIVE_PUSH_FAILED] The live push FailingPush could not notify browsers of a logout. Their next request is refused: TypeError',
        ],
        ['[MEVETO_LIVE_PUSH_FAILED] The live push FailingPush could not be closed: RangeError'],
      ]);
      errors.mockClear();
    }
    errors.mockRestore();
  });

  it('sends nothing when the list is empty', async () => {
    const host = await start([]);
    const token = await host.token(1);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect((await host.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('reports the faults of each adapter, and an adapter that is given twice', async () => {
    const faulty = [pusher({ key: 'a-key', server: pages }), socketIo({ maxSocketsPerUser: 0 }), socketIo()];
    const failure: unknown = await start(faulty).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigurationError);
    const { message } = failure as ConfigurationError;
    for (const fault of [
      'expected either cluster or host',
      'livePush.maxSocketsPerUser',
      'one adapter twice',
    ])
      expect(message).toContain(fault);
  });
});
