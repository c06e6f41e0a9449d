import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { expressSession, type MevetoLogoutOptions, requestUser, socketIo } from 'nestjs-meveto-logout';
import { Manager, type Socket } from 'socket.io-client';
import { chatGateways } from '../support/hosts/chat-gateways.js';
import type { HostApp } from '../support/hosts/http-adapters.js';
import { refusedWith } from '../support/live/refused-with.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

type Middleware = (request: never, response: never, next: (error?: unknown) => void) => void;

const EVENTS = ['connect', 'connect_error', 'logged-out', 'disconnect'];
const USERS = [
  { id: 1, mevetoId: 'm-1' },
  { id: 2, mevetoId: 'm-2' },
];
const cookiesOf = ({ headers }: Response): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');

/** The application's express-session middleware. */
function sessionMiddlewareOf(app: HostApp): Middleware {
  const { router } = app.getHttpAdapter().getInstance() as {
    router: { stack: { name: string; handle: Middleware }[] };
  };
  const layer = router.stack.find(({ name }) => name === 'session');
  if (layer === undefined) throw new Error('The application has no express-session.');
  return layer.handle;
}

/** Runs the application's session middleware on the requests that open Socket.IO connections, as Socket.IO documents. */
function useSessionOnEngine(app: HostApp): void {
  const middleware = sessionMiddlewareOf(app);
  class SessionAdapter extends IoAdapter {
    override createIOServer(...given: Parameters<IoAdapter['createIOServer']>) {
      const server = super.createIOServer(...given) as { engine: { use(middleware: unknown): void } };
      server.engine.use(middleware);
      return server as never;
    }
  }
  app.useWebSocketAdapter(new SessionAdapter(app));
}

interface Case {
  readonly adapter: 'express' | 'fastify';
  readonly options?: Partial<MevetoLogoutOptions>;
  readonly configure?: (app: HostApp) => void;
  /** With `requestUser`, possibly only a guard of the application knows the user of a connection. */
  readonly reason?: string;
}

/** Sets `request.user` from the session, as Passport does. */
const userOfSession: Middleware = (
  request: { user?: unknown; session?: { userId?: number; signedInAt?: number } },
  _response,
  next,
) => {
  const { userId, signedInAt } = request.session ?? {};
  request.user = userId === undefined ? undefined : { id: userId, signedInAt };
  next();
};
let running: Middleware | undefined;
const hostSession: Middleware = (request, response, next) => running?.(request, response, next);

describe('a page that changes its user while its Socket.IO manager stays open', () => {
  let world: World;
  let manager: Manager | undefined;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    manager?._close();
    await world.end();
  });

  const listen = (socket: Socket): unknown[][] => {
    const received: unknown[][] = [];
    for (const event of EVENTS) {
      socket.on(event, (payload: { data?: unknown } | undefined) => {
        received.push([event, payload?.data]);
      });
    }
    return received;
  };
  /** Alice's page with two connections. The module's connection is closed before Bob logs in. */
  const changeUser = async (host: HostClient) => {
    const alices = cookiesOf(await host.post('/login', { userId: 1 }));
    manager = new Manager(host.url, {
      transports: ['websocket'],
      extraHeaders: { cookie: alices },
      reconnection: false,
    });
    const [own, module] = [manager.socket('/'), manager.socket('/meveto-logout')];
    await until('both are connected', () => own.connected && module.connected);
    module.disconnect();
    // This ends the session of Alice.
    await host.post('/login', { userId: 2 }, { cookie: alices });
    return { own, module };
  };

  it.each<[string, Case]>([
    ['express-session', { adapter: 'express' }],
    ['@fastify/session', { adapter: 'fastify' }],
    ['express-session on the engine, too', { adapter: 'express', configure: useSessionOnEngine }],
    [
      'express-session on the engine alone',
      { adapter: 'express', options: { session: expressSession() }, configure: useSessionOnEngine },
    ],
    [
      'requestUser',
      {
        adapter: 'express',
        options: { session: requestUser({ handshake: [hostSession, userOfSession] }) },
        configure: (app) => (running = sessionMiddlewareOf(app)),
        reason: 'unavailable',
      },
    ],
    [
      'requestUser with express-session on the engine',
      {
        adapter: 'express',
        options: { session: requestUser({ handshake: [userOfSession] }) },
        configure: useSessionOnEngine,
        reason: 'unavailable',
      },
    ],
  ])(
    'does not reconnect as the first user: %s',
    async (_how, { adapter, options, configure, reason = 'not-logged-in' }) => {
      const host = await world.start({
        adapter,
        users: USERS,
        ...(options && { options }),
        extras: { livePush: socketIo({ namespaces: ['/chat'] }) },
        ...(configure && { configure }),
      });
      const { own, module } = await changeUser(host);
      const received = listen(module);
      module.connect();
      await until('an answer', () => received.length > 0);
      expect(received).toEqual([['connect_error', refusedWith(reason)]]);
      expect(own.connected).toBe(true);
    },
  );

  it('cannot use an ended session, which the engine still holds, on the application’s own namespaces', async () => {
    const host = await world.start({
      adapter: 'express',
      users: USERS,
      options: { session: expressSession() },
      metadata: { providers: chatGateways },
      extras: { livePush: socketIo({ namespaces: ['/chat'] }) },
      configure: useSessionOnEngine,
    });
    const alices = cookiesOf(await host.post('/login', { userId: 1 }));
    manager = new Manager(host.url, {
      transports: ['websocket'],
      extraHeaders: { cookie: alices },
      reconnection: false,
    });
    const [own, chat] = [manager.socket('/'), manager.socket('/chat')];
    await until('both are connected', () => own.connected && chat.connected);
    await host.service.logOut(1);
    await until('the chat is cut off', () => !chat.connected);
    // Alice's session is no longer in its store. Handlers of the application still read it from the request.
    await host.post('/login', { userId: 2 }, { cookie: alices });
    const received = listen(chat);
    chat.connect();
    await until('an answer', () => received.length > 0);
    expect(received[0]).toEqual(['connect_error', refusedWith('logged-out', 'application')]);
  });
});
