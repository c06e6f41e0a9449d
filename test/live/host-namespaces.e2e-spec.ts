import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type SessionReader, socketIo, type StoreDefinition } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { ChatGateway } from '../support/hosts/chat-gateways.js';
import { storeMapping } from '../support/hosts/host-app.js';
import { ioAdapter } from '../support/hosts/io-adapter.js';
import type { LiveSocket } from '../support/live/live-socket.js';
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

  describe('of the application’s own namespaces', () => {
    it('are notified and closed in named namespaces, and stay open in others and for other users', async () => {
      await live.start({});
      const [token, other] = [await live.host.token(1), await live.host.token(2)];
      const chat = live.open({ token, namespace: '/chat' });
      const room = live.open({ token, namespace: '/room-7' });
      const staying = [
        live.open({ token, namespace: '/news' }),
        live.open({ token: other, namespace: '/chat' }),
        live.open({ namespace: '/chat' }),
      ];
      for (const socket of [chat, room, ...staying]) await socket.next('connect');
      await live.logOut('m-1');
      for (const socket of [chat, room]) {
        expect(await socket.next('logged-out')).toMatchObject({ redirectTo: '/login', reason: 'logged-out' });
        expect(await socket.next('disconnect')).toBe('io server disconnect');
      }
      for (const socket of staying) expect(socket.events).toEqual(['connect']);
    });

    it('stay open for a session that began after the logout', async () => {
      await live.start({});
      await live.logOut('m-1');
      const chat = live.open({ token: await live.host.token(1), namespace: '/chat' });
      await chat.next('connect');
      await live.logOut('m-2');
      await staysTrue('the chat is open', 50, () => chat.events.length === 1);
      expect(chat.events).toEqual(['connect']);
    });

    it('are refused for an ended session, with a code', async () => {
      await live.start({});
      const [cookie, token] = [await live.host.login(1), await live.host.token(1)];
      await live.logOut('m-1');
      for (const credentials of [{ cookie }, { token }]) {
        const chat = live.open({ ...credentials, namespace: '/chat' });
        expect(await chat.next('connect_error')).toEqual(refusedWith('logged-out'));
      }
    });

    it('are refused while the session cannot be read', async () => {
      const broken: SessionReader = {
        read: () => undefined,
        prepareHandshake: () => Promise.reject(new Error('the session store is down')),
      };
      await live.start({ options: { session: broken } });
      const refused = live.open({ namespace: '/chat' });
      expect(await refused.next('connect_error')).toEqual(refusedWith('unavailable'));
      await live.open({ namespace: '/news' }).next('connect');
    });

    it('are refused while the logout state is too old', async () => {
      let isDown = false;
      const store: StoreDefinition = {
        create: (context) => {
          const opened = typeOrmStore(storeMapping).create(context);
          const connect = opened.connect.bind(opened);
          opened.connect = async () => {
            await connect();
            const { logoutStore } = opened;
            const since = logoutStore.committedSince.bind(logoutStore);
            logoutStore.committedSince = (asOf) => (isDown ? Promise.reject(new Error('down')) : since(asOf));
          };
          return opened;
        },
      };
      await live.start({
        options: { store, logouts: { pollIntervalMs: 200 }, logoutState: { maxStalenessMs: 2_000 } },
      });
      const token = await live.host.token(1);
      isDown = true;
      await until('the logout state is stale', async () => {
        const { status } = await live.host.get('/api', { authorization: `Bearer ${token}` });
        return status === 503;
      });
      for (const namespace of ['/chat', '/meveto-logout']) {
        expect(await live.open({ token, namespace }).next('connect_error')).toEqual(
          refusedWith('unavailable'),
        );
      }
      await live.open({ namespace: '/chat' }).next('connect');
    }, 15_000);

    it('cause a warning at start when there is no namespace of that name', async () => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      await live.start({ extras: { livePush: socketIo({ namespaces: ['/chat', '/chatt'] }) } });
      const said = warn.mock.calls.map(([text]) => String(text));
      warn.mockRestore();
      expect(said.filter((text) => text.includes('/chatt'))).toEqual([
        expect.stringContaining('[MEVETO_NAMESPACE_MISSING]'),
      ]);
      expect(said.filter((text) => text.includes('namespace /chat '))).toHaveLength(0);
    });
  });

  describe('of a server that recovers connections', () => {
    const recovering = (skipMiddlewares: boolean) =>
      ioAdapter({ connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares } });
    /** The chat sends a greeting. From then on the socket has an offset, and missed packets can be sent again. */
    const canBeRecovered = ({ socket }: LiveSocket, isGreeted = true): boolean =>
      socket.connected && (!isGreeted || Reflect.get(socket, '_lastOffset') !== undefined);
    /** Loses the connection as on a network failure, and reconnects by itself. */
    const lose = ({ socket }: LiveSocket): void => {
      (
        socket.io.engine as unknown as { transport: { ws: { terminate?(): void; close(): void } } }
      ).transport.ws.close();
    };
    const lostDuringLogout = async (namespace = '/chat'): Promise<LiveSocket> => {
      const chat = live.open({ token: await live.host.token(1), namespace, reconnection: true });
      await until('the chat can be recovered', () => canBeRecovered(chat, namespace === '/chat'));
      chat.socket.io.reconnection(true);
      chat.socket.io.reconnectionDelay(700);
      chat.socket.io.randomizationFactor(0);
      lose(chat);
      await chat.next('disconnect');
      await live.logOut('m-1');
      return chat;
    };

    const announced = ({ socket }: LiveSocket): string[] => {
      const received: string[] = [];
      socket.on('announced', (text: string) => received.push(text));
      return received;
    };
    const announce = (text: string): void => live.host.app.get(ChatGateway).announce(text);

    describe.each([true, false])('middlewares skipped: %s', (skipMiddlewares) => {
      it('are not recovered when their session ended meanwhile: the handshake is refused', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const chat = await lostDuringLogout();
        const received = announced(chat);
        announce('said after the logout');
        expect(await chat.next('connect_error')).toEqual(refusedWith('logged-out'));
        announce('and more');
        chat.socket.connect();
        await until('it is refused again', () => chat.events.length === 4);
        expect(chat.socket.recovered).toBe(false);
        expect(chat.events).toEqual(['connect', 'disconnect', 'connect_error', 'connect_error']);
        expect(received).toEqual([]);
      });

      it('are not recovered either when the application has changed the adapter since its start', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        live.host.app.get(ChatGateway).renewAdapter();
        const chat = await lostDuringLogout();
        const received = announced(chat);
        announce('said after the logout');
        expect(await chat.next('connect_error')).toEqual(refusedWith('logged-out'));
        expect([chat.socket.recovered, received]).toEqual([false, []]);
      });

      it('do not get missed packets by hiding their session: they connect as new sockets', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const chat = await lostDuringLogout();
        const received = announced(chat);
        chat.socket.auth = {};
        announce('said after the logout');
        await until('the new socket has connected', () => chat.socket.connected);
        expect(chat.socket.recovered).toBe(false);
        expect(received).toEqual([]);
      });

      it.each(['shown again', 'hidden'])(
        'are not recovered either when the application has replaced their data: session %s',
        async (how) => {
          await live.start({ configure: recovering(skipMiddlewares) });
          live.host.app.get(ChatGateway).replacesData = true;
          const chat = await lostDuringLogout();
          const received = announced(chat);
          if (how === 'hidden') chat.socket.auth = {};
          announce('said after the logout');
          await until(
            'the handshake is answered',
            () => chat.socket.connected || chat.events.includes('connect_error'),
          );
          expect([chat.socket.connected, chat.socket.recovered]).toEqual([how === 'hidden', false]);
          expect(received).toEqual([]);
        },
      );

      it('get missed packets when their session is live', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const chat = live.open({ token: await live.host.token(2), namespace: '/chat', reconnection: true });
        await until('the chat can be recovered', () => canBeRecovered(chat));
        const received = announced(chat);
        // Let the server notice first.
        chat.socket.io.reconnectionDelay(700);
        chat.socket.io.randomizationFactor(0);
        lose(chat);
        await chat.next('disconnect');
        await until('the server has noticed', () => live.host.app.get(ChatGateway).isEmpty);
        announce('missed');
        await until('the socket is recovered', () => chat.socket.connected);
        expect([chat.socket.recovered, received]).toEqual([true, ['missed']]);
      });
    });

    it.each([true, false])(
      'of the module’s own namespace are recovered, notified and closed, middlewares skipped: %s',
      async (skipMiddlewares) => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const own = await lostDuringLogout('/meveto-logout');
        await own.next('logged-out');
        await until('it is closed', () => own.events.length === 5);
        expect(own.events).toEqual(['connect', 'disconnect', 'connect', 'logged-out', 'disconnect']);
        expect(own.received.at(-1)?.data).toBe('io server disconnect');
      },
    );

    it('are recovered when their session is live, and notified of a later logout', async () => {
      await live.start({ configure: recovering(true) });
      const chat = live.open({ token: await live.host.token(1), namespace: '/chat', reconnection: true });
      await until('the chat can be recovered', () => canBeRecovered(chat));
      lose(chat);
      await until('the chat is back', () => chat.socket.recovered);
      await live.logOut('m-1');
      await chat.next('logged-out');
      await until('the chat is closed', () => !chat.socket.connected);
    });

    it('are notified before they are disconnected', async () => {
      await live.start({ configure: recovering(false) });
      const socket = live.open({ token: await live.host.token(1) });
      await socket.next('connect');
      await live.logOut('m-1');
      await socket.next('disconnect');
      expect(socket.events).toEqual(['connect', 'logged-out', 'disconnect']);
    });
  });
});
