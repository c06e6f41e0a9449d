import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { socketIo } from 'nestjs-meveto-logout';
import { chatGateways } from '../support/hosts/chat-gateways.js';
import { type Adapter, openRedisStreams } from '../support/live/cluster-adapters.js';
import { ioAdapter } from '../support/hosts/io-adapter.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { TcpProxy } from '../support/network/tcp-proxy.js';
import { type HostClient, World } from '../support/world.js';
import { letTimePass, until } from '../support/until.js';

const isLoggedOut = (data: unknown): boolean =>
  (data as { code?: string } | undefined)?.code === 'logged-out';

/** Only the adapter of Redis streams recovers a socket, with its rooms, at another replica. */
describe.each([false, true])('recovery at another replica, middlewares skipped: %s', (skipMiddlewares) => {
  let world: World;
  let adapters: Adapter[];
  let proxy: TcpProxy;
  let sockets: LiveSocket[];
  let key: string;
  const replica = async (): Promise<HostClient> => {
    const opened = await openRedisStreams(key);
    adapters.push(opened);
    return world.start({
      extras: { livePush: socketIo({ namespaces: ['/chat'] }) },
      metadata: { providers: chatGateways },
      configure: ioAdapter({
        adapter: opened.adapter,
        connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares },
      }),
    });
  };
  /** A socket in the chat of one replica that then loses its connection. */
  const lost = async (first: HostClient): Promise<LiveSocket> => {
    proxy = await TcpProxy.start(first.url);
    const url = `http://127.0.0.1:${String(proxy.port)}`;
    const chat = new LiveSocket(url, {
      token: await first.token(),
      namespace: '/chat',
      reconnection: true,
    });
    sockets.push(chat);
    const greeted = new Promise((resolve) => chat.socket.once('hello', resolve));
    await chat.next('connect');
    await greeted;
    proxy.cut();
    await chat.next('disconnect');
    // The replica stores the session for recovery.
    await letTimePass(300);
    return chat;
  };
  beforeEach(async () => {
    adapters = [];
    sockets = [];
    key = `test-${randomUUID().slice(0, 8)}`;
    world = await World.create();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await proxy.stop();
    await world.end();
    for (const adapter of adapters) await adapter.close();
  });

  it('recovers a live session, whose socket is closed by a later logout', async () => {
    const [first, second] = [await replica(), await replica()];
    const chat = await lost(first);
    proxy.mend(second.url);
    await until('the chat is back', () => chat.socket.connected, 10_000);
    expect(chat.socket.recovered).toBe(true);
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await chat.next('logged-out');
    await until('the chat is closed', () => !chat.socket.connected);
  });

  it('does not recover a session that ended meanwhile', async () => {
    const [first, second] = [await replica(), await replica()];
    let isKnown = false;
    second.service.logouts$.subscribe(() => (isKnown = true));
    const chat = await lost(first);
    await first.webhook(world.meveto.issueUserToken('m-1'));
    await until('the other replica knows', () => isKnown);
    proxy.mend(second.url);
    // Errors without data come from the network.
    await until('it is refused', () => chat.received.some(({ data }) => isLoggedOut(data)), 10_000);
    expect(chat.events.filter((event) => event === 'connect')).toHaveLength(1);
  });
});
