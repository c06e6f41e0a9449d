import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type SessionReader, socketIo, type StoreDefinition, typeOrmStore } from 'nestjs-meveto-logout';
import { ChatGateway } from './support/chat-gateways.js';
import { storeMapping } from './support/host-app.js';
import { ioAdapter } from './support/io-adapter.js';
import type { LiveSocket } from './support/live-socket.js';
import { SocketWorld } from './support/socket-world.js';
import { until } from './support/until.js';

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

describe('sockets', () => {
  let live: SocketWorld;
  beforeEach(async () => {
    live = await SocketWorld.create();
  });
  afterEach(async () => {
    await live.end();
  });

  describe('of the application’s own namespaces', () => {
    it('are told and closed where they are named, and left alone elsewhere and when they are not meant', async () => {
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
      await pause(50);
      expect(chat.events).toEqual(['connect']);
    });

    it('are not opened for a session that is over, with a code', async () => {
      await live.start({});
      const [cookie, token] = [await live.host.login(1), await live.host.token(1)];
      await live.logOut('m-1');
      for (const credentials of [{ cookie }, { token }]) {
        const chat = live.open({ ...credentials, namespace: '/chat' });
        expect(await chat.next('connect_error')).toEqual({ code: 'logged-out' });
      }
    });

    it('are not opened while the session cannot be read', async () => {
      const broken: SessionReader = {
        read: () => undefined,
        prepareHandshake: () => Promise.reject(new Error('the session store is down')),
      };
      await live.start({ options: { session: broken } });
      const refused = live.open({ namespace: '/chat' });
      expect(await refused.next('connect_error')).toEqual({ code: 'unavailable' });
      await live.open({ namespace: '/news' }).next('connect');
    });

    it('are not opened while too little is known of logouts', async () => {
      let isDown = false;
      const store: StoreDefinition = {
        create: (context) => {
          const opened = typeOrmStore(storeMapping).create(context);
          const connect = opened.connect.bind(opened);
          opened.connect = async () => {
            await connect();
            const { register } = opened;
            const since = register.committedSince.bind(register);
            register.committedSince = (asOf) => (isDown ? Promise.reject(new Error('down')) : since(asOf));
          };
          return opened;
        },
      };
      await live.start({ options: { store, refreshIntervalMs: 200, maxStalenessMs: 2_000 } });
      const token = await live.host.token(1);
      isDown = true;
      await until('knowledge is stale', async () => {
        const { status } = await live.host.get('/api', { authorization: `Bearer ${token}` });
        return status === 503;
      });
      for (const namespace of ['/chat', '/meveto-logout']) {
        expect(await live.open({ token, namespace }).next('connect_error')).toEqual({ code: 'unavailable' });
      }
      await live.open({ namespace: '/chat' }).next('connect');
    }, 15_000);

    it('are named in vain when there is no such namespace, which is said at start', async () => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      await live.start({ extras: { livePush: socketIo({ namespaces: ['/chat', '/chatt'] }) } });
      const said = warn.mock.calls.map(([text]) => String(text));
      warn.mockRestore();
      expect(said.filter((text) => text.includes('/chatt'))).toHaveLength(1);
      expect(said.filter((text) => text.includes('namespace /chat '))).toHaveLength(0);
    });
  });

  describe('of a server that recovers connections', () => {
    const recovering = (skipMiddlewares: boolean) =>
      ioAdapter({ connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares } });
    /** Loses its connection as by a dead network, and finds the way back by itself. */
    const lose = ({ socket }: LiveSocket): void => {
      (
        socket.io.engine as unknown as { transport: { ws: { terminate?(): void; close(): void } } }
      ).transport.ws.close();
    };
    const lostDuringLogout = async (namespace = '/chat'): Promise<LiveSocket> => {
      const chat = live.open({ token: await live.host.token(1), namespace, reconnection: true });
      await until('the chat is joined', () => chat.socket.connected);
      await pause(100);
      chat.socket.io.reconnection(true);
      chat.socket.io.reconnectionDelay(700);
      chat.socket.io.randomizationFactor(0);
      lose(chat);
      await chat.next('disconnect');
      await live.logOut('m-1');
      return chat;
    };

    const announced = ({ socket }: LiveSocket): string[] => {
      const heard: string[] = [];
      socket.on('announced', (text: string) => heard.push(text));
      return heard;
    };
    const announce = (text: string): void => live.host.app.get(ChatGateway).announce(text);

    describe.each([true, false])('middlewares skipped: %s', (skipMiddlewares) => {
      it('do not come back when their session ended meanwhile: the handshake is refused', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const chat = await lostDuringLogout();
        const heard = announced(chat);
        announce('said after the logout');
        expect(await chat.next('connect_error')).toEqual({ code: 'logged-out' });
        announce('and more');
        chat.socket.connect();
        await until('it is refused again', () => chat.events.length === 4);
        expect(chat.socket.recovered).toBe(false);
        expect(chat.events).toEqual(['connect', 'disconnect', 'connect_error', 'connect_error']);
        expect(heard).toEqual([]);
      });

      it('do not come back either when the application has changed the adapter since its start', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        live.host.app.get(ChatGateway).renewAdapter();
        const chat = await lostDuringLogout();
        const heard = announced(chat);
        announce('said after the logout');
        expect(await chat.next('connect_error')).toEqual({ code: 'logged-out' });
        expect([chat.socket.recovered, heard]).toEqual([false, []]);
      });

      it('do not get what they have missed by hiding which session they had: they are strangers', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const chat = await lostDuringLogout();
        const heard = announced(chat);
        chat.socket.auth = {};
        announce('said after the logout');
        await until('a stranger has connected', () => chat.socket.connected);
        expect(chat.socket.recovered).toBe(false);
        expect(heard).toEqual([]);
      });

      it.each(['shown again', 'hidden'])(
        'do not come back either when the application has put its own data on them: session %s',
        async (how) => {
          await live.start({ configure: recovering(skipMiddlewares) });
          live.host.app.get(ChatGateway).replacesData = true;
          const chat = await lostDuringLogout();
          const heard = announced(chat);
          if (how === 'hidden') chat.socket.auth = {};
          announce('said after the logout');
          await until('it has asked', () => chat.socket.connected || chat.events.includes('connect_error'));
          expect([chat.socket.connected, chat.socket.recovered]).toEqual([how === 'hidden', false]);
          expect(heard).toEqual([]);
        },
      );

      it('get what they have missed when their session is live', async () => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const chat = live.open({ token: await live.host.token(2), namespace: '/chat', reconnection: true });
        await until('the chat is joined', () => chat.socket.connected);
        await pause(100);
        const heard = announced(chat);
        // The server notices first.
        chat.socket.io.reconnectionDelay(700);
        chat.socket.io.randomizationFactor(0);
        lose(chat);
        await chat.next('disconnect');
        await pause(200);
        announce('missed');
        await until('it is back', () => chat.socket.connected);
        expect([chat.socket.recovered, heard]).toEqual([true, ['missed']]);
      });
    });

    it.each([true, false])(
      'of the module’s own namespace come back to be told and closed, middlewares skipped or not: %s',
      async (skipMiddlewares) => {
        await live.start({ configure: recovering(skipMiddlewares) });
        const own = await lostDuringLogout('/meveto-logout');
        await own.next('logged-out');
        await until('it is closed', () => own.events.length === 5);
        expect(own.events).toEqual(['connect', 'disconnect', 'connect', 'logged-out', 'disconnect']);
        expect(own.heard.at(-1)?.data).toBe('io server disconnect');
      },
    );

    it('are recovered when their session is live, and told of a later logout', async () => {
      await live.start({ configure: recovering(true) });
      const chat = live.open({ token: await live.host.token(1), namespace: '/chat', reconnection: true });
      await until('the chat is joined', () => chat.socket.connected);
      await pause(100);
      lose(chat);
      await until('the chat is back', () => chat.socket.recovered);
      await live.logOut('m-1');
      await chat.next('logged-out');
      await until('the chat is closed', () => !chat.socket.connected);
    });

    it('are told before they are disconnected', async () => {
      await live.start({ configure: recovering(false) });
      const socket = live.open({ token: await live.host.token(1) });
      await socket.next('connect');
      await live.logOut('m-1');
      await socket.next('disconnect');
      expect(socket.events).toEqual(['connect', 'logged-out', 'disconnect']);
    });
  });
});
