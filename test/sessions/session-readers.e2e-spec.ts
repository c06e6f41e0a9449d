import { Body, Controller, Get, type INestApplication, Inject, Post, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import fastifyCookie from '@fastify/cookie';
import fastifySecureSessionPlugin from '@fastify/secure-session';
import fastifySessionPlugin from '@fastify/session';
import session from 'express-session';
import {
  expressSession,
  fastifySecureSession,
  fastifySession,
  MevetoLogoutService,
  type SessionReader,
  SkipMevetoLogout,
} from 'nestjs-meveto-logout';
import { pusher } from 'nestjs-meveto-logout/pusher';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import type { HttpAdapterKind } from '../support/hosts/http-adapters.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { refusedWith } from '../support/live/refused-with.js';

const PAGE = { accept: 'text/html' };
const SECRET = 'a secret of at least thirty-two characters';

interface SessionHolder {
  session: { userId?: number; signedInAt?: number };
}

/** Logs in with a cookie session of any library. */
@Controller()
class CookieController {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  @Post('sign-in')
  @SkipMevetoLogout()
  async signIn(@Req() request: SessionHolder, @Body() { userId }: { userId: number }) {
    const { signedInAt } = await this.mevetoLogout.recordLogin(userId);
    request.session.userId = userId;
    request.session.signedInAt = signedInAt;
    return {};
  }

  /** A login as before the installation of the module. */
  @Post('sign-in-without-start')
  @SkipMevetoLogout()
  signInWithoutStart(@Req() request: SessionHolder, @Body() { userId }: { userId: number }) {
    request.session.userId = userId;
    return {};
  }

  @Get('me')
  me(@Req() { session: { userId } }: SessionHolder) {
    return { userId: userId ?? null };
  }

  @Get('login')
  login(@Req() { session: { userId } }: SessionHolder) {
    return { userId: userId ?? null };
  }
}

interface CookieHost {
  readonly adapter: HttpAdapterKind;
  readonly reader: SessionReader;
  readonly cookie: string;
  readonly prepare: (app: INestApplication) => unknown;
}

const expressStore = new session.MemoryStore();
const expressMiddleware = session({
  store: expressStore,
  secret: SECRET,
  name: 'sid',
  resave: false,
  saveUninitialized: false,
});
const onFastify = (register: (app: NestFastifyApplication) => Promise<unknown>) => (app: INestApplication) =>
  register(app as NestFastifyApplication);

const hosts: readonly (readonly [string, CookieHost])[] = [
  [
    'express-session',
    {
      adapter: 'express',
      reader: expressSession({ middleware: expressMiddleware }),
      cookie: 'sid',
      prepare: (app) => app.use(expressMiddleware),
    },
  ],
  [
    '@fastify/session',
    {
      adapter: 'fastify',
      reader: fastifySession(),
      cookie: 'sessionId',
      prepare: onFastify(async (app) => {
        await app.register(fastifyCookie);
        await app.register(fastifySessionPlugin, {
          secret: SECRET,
          cookie: { secure: false },
          saveUninitialized: false,
        });
      }),
    },
  ],
  [
    '@fastify/secure-session',
    {
      adapter: 'fastify',
      reader: fastifySecureSession(),
      cookie: 'session',
      prepare: onFastify(async (app) => {
        await app.register(fastifySecureSessionPlugin, { key: Buffer.alloc(32, 7), cookie: { path: '/' } });
      }),
    },
  ],
];

let host: GuardedHost | undefined;
const sockets: LiveSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await host?.end();
  host = undefined;
});

describe.each(hosts)('a cookie session of %s', (_library, { adapter, reader, cookie, prepare }) => {
  const start = () =>
    GuardedHost.start({
      adapter,
      options: { session: reader, whenLoggedOut: { clearCookies: [cookie] } },
      metadata: { controllers: [CookieController] },
      prepare,
    });

  it('is refused when it is over, its cookie deleted, and its session ended', async () => {
    host = await start();
    const signedIn = await host.request('POST', '/sign-in', {}, { userId: 7 });
    const headers = { cookie: signedIn.cookie };
    expect(JSON.parse((await host.request('GET', '/me', headers)).text)).toEqual({ userId: 7 });

    await host.logOut(7);
    expect((await host.request('GET', '/me', headers)).status).toBe(401);
    const page = await host.request('GET', '/me', { ...PAGE, ...headers });
    expect([page.status, page.headers.location]).toEqual([303, '/login']);
    expect(page.headers['set-cookie']).toContainEqual(
      expect.stringMatching(new RegExp(`^${cookie}=; Path=/; Expires=Thu, 01 Jan 1970`)),
    );
    expect(page.headers['set-cookie']).not.toContainEqual(
      expect.stringMatching(new RegExp(`^${cookie}=[^;]`)),
    );
  });

  it('passes without a start until the first logout of its user', async () => {
    host = await start();
    const mine = await host.request('POST', '/sign-in-without-start', {}, { userId: 7 });
    const other = await host.request('POST', '/sign-in-without-start', {}, { userId: 8 });
    const status = async ({ cookie: sent }: { cookie: string }) =>
      (await host?.request('GET', '/me', { cookie: sent }))?.status;
    expect([await status(mine), await status(other)]).toEqual([200, 200]);
    await host.logOut(7);
    expect([await status(mine), await status(other)]).toEqual([401, 200]);
    // The start of this session is unknown, so it may be older than the logout.
    const later = await host.request('POST', '/sign-in-without-start', {}, { userId: 7 });
    expect(await status(later)).toBe(401);
  });

  it('passes if it is another user’s, or began later', async () => {
    host = await start();
    const other = await host.request('POST', '/sign-in', {}, { userId: 8 });
    await host.logOut(7);
    const later = await host.request('POST', '/sign-in', {}, { userId: 7 });
    for (const { cookie } of [other, later])
      expect((await host.request('GET', '/me', { cookie })).status).toBe(200);
  });

  it('is replaced by an empty one on the login page, which does not redirect in a loop', async () => {
    host = await start();
    const signedIn = await host.request('POST', '/sign-in', {}, { userId: 7 });
    await host.logOut(7);
    const page = await host.request('GET', '/login', { ...PAGE, cookie: signedIn.cookie });
    expect(page.status).toBe(200);
    expect(JSON.parse(page.text)).toEqual({ userId: null });
    expect(page.headers['set-cookie']).toContainEqual(expect.stringContaining('1970'));
  });

  it('is read from the handshake of a live connection, which is notified and closed', async () => {
    host = await start();
    const signedIn = await host.request('POST', '/sign-in', {}, { userId: 7 });
    const socket = new LiveSocket(host.url, { cookie: signedIn.cookie });
    sockets.push(socket);
    await socket.next('connect');
    await host.logOut(7);
    await socket.next('logged-out');
    expect(await socket.next('disconnect')).toBe('io server disconnect');
  });
});

describe('while the store of express-session is unavailable,', () => {
  const [[, { reader, cookie, prepare }]] = hosts as [(typeof hosts)[number]];
  afterEach(() => {
    expressStore.emit('connect');
  });

  it('no page and no connection is informed that it has no session', async () => {
    host = await GuardedHost.start({
      adapter: 'express',
      options: { session: reader, whenLoggedOut: { clearCookies: [cookie] } },
      metadata: { controllers: [CookieController] },
      prepare,
    });
    const signedIn = await host.request('POST', '/sign-in', {}, { userId: 7 });
    const headers = { cookie: signedIn.cookie };
    expressStore.emit('disconnect');
    const away = await host.request('GET', '/meveto/session', headers);
    expect([away.status, away.headers['retry-after']]).toEqual([503, '2']);
    expect(JSON.parse(away.text)).toMatchObject({ reason: 'logout-state-unknown' });
    expect((await host.request('GET', '/meveto/session')).status).toBe(401);
    const socket = new LiveSocket(host.url, headers);
    sockets.push(socket);
    expect(await socket.next('connect_error')).toEqual(refusedWith('unavailable'));

    expressStore.emit('connect');
    const back = await host.request('GET', '/meveto/session', headers);
    expect([back.status, (JSON.parse(back.text) as { state: string }).state]).toEqual([200, 'live']);
    expect((await host.request('GET', '/meveto/session', { cookie: 'other=1' })).status).toBe(401);
  });

  it('no page is informed on Pusher’s route that it has no session', async () => {
    const keys = { appId: '1', key: 'key', secret: 'a-secret-of-pusher-tests', cluster: 'eu' };
    host = await GuardedHost.start({
      adapter: 'express',
      options: { session: reader },
      extras: { livePush: pusher(keys) },
      metadata: { controllers: [CookieController] },
      prepare,
    });
    const signedIn = await host.request('POST', '/sign-in', {}, { userId: 7 });
    expressStore.emit('disconnect');
    const away = await host.request('GET', '/meveto/pusher', { cookie: signedIn.cookie });
    expect([away.status, away.headers['retry-after']]).toEqual([503, '2']);
    expect(JSON.parse(away.text)).toMatchObject({ reason: 'logout-state-unknown' });
    expect((await host.request('GET', '/meveto/pusher')).status).toBe(401);
    expressStore.emit('connect');
    expect((await host.request('GET', '/meveto/pusher', { cookie: signedIn.cookie })).status).toBe(200);
  });
});
