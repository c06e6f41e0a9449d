import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Inject, Post, Req, UnauthorizedException } from '@nestjs/common';
import {
  MevetoLogoutService,
  requestUser,
  type SessionMiddleware,
  SkipMevetoLogout,
  socketIo,
} from 'nestjs-meveto-logout';
import { Passport } from 'passport';
import { chatGateways } from '../support/hosts/chat-gateways.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import { sessionMiddleware } from '../support/hosts/http-adapters.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { refusedWith } from '../support/live/refused-with.js';

interface PassportRequest {
  readonly user?: { readonly id: number };
  readonly session: { signedInAt?: number };
  logIn(user: object, done: (error: unknown) => void): void;
}

/** Logs in like applications with Passport: the session has Passport's user and, beside it, the start. */
@Controller()
class PassportController {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  @Post('login')
  @HttpCode(200)
  @SkipMevetoLogout()
  async login(@Req() request: PassportRequest) {
    const { signedInAt } = await this.mevetoLogout.recordLogin(7);
    await new Promise((resolve) => {
      request.logIn({ id: 7 }, resolve);
    });
    request.session.signedInAt = signedInAt;
    return { signedInAt };
  }

  @Get('page')
  page(@Req() request: PassportRequest) {
    if (request.user === undefined) throw new UnauthorizedException();
    return { id: request.user.id };
  }
}

describe('sessions of Passport', () => {
  let host: GuardedHost;
  let sockets: LiveSocket[];
  const start = async (isHandshakeRead: boolean): Promise<void> => {
    const passport = new Passport();
    passport.serializeUser((user, done) => {
      done(null, (user as { id: number }).id);
    });
    passport.deserializeUser((id, done) => {
      done(null, { id });
    });
    const middlewares = [
      sessionMiddleware(),
      passport.initialize(),
      passport.session(),
    ] as SessionMiddleware[];
    host = await GuardedHost.start({
      adapter: 'express',
      metadata: { controllers: [PassportController], providers: chatGateways },
      extras: { livePush: socketIo({ namespaces: ['/chat'] }) },
      options: {
        session: requestUser({
          signedInAt: (_user, request) => (request as unknown as PassportRequest).session.signedInAt,
          ...(isHandshakeRead && { handshake: middlewares }),
        }),
      },
      prepare: (app) => app.use(...middlewares),
    });
  };
  const logIn = async (): Promise<string> => {
    const answer = await host.request('POST', '/login');
    return String(answer.headers['set-cookie']?.at(-1)).split(';', 1)[0] ?? '';
  };
  const open = (cookie: string, namespace?: string): LiveSocket => {
    const socket = new LiveSocket(host.url, { cookie, ...(namespace !== undefined && { namespace }) });
    sockets.push(socket);
    return socket;
  };
  beforeEach(() => {
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await host.end();
  });

  it('end in pages, APIs and open sockets', async () => {
    await start(true);
    const cookie = await logIn();
    expect((await host.request('GET', '/page', { cookie })).status).toBe(200);
    const state = await host.request('GET', '/meveto/session', { cookie });
    expect(JSON.parse(state.text)).toMatchObject({ state: 'live' });
    const [own, chat] = [open(cookie), open(cookie, '/chat')];
    for (const socket of [own, chat]) await socket.next('connect');
    await host.logOut(7);
    for (const socket of [own, chat]) {
      expect(await socket.next('logged-out')).toMatchObject({ reason: 'logged-out' });
      expect(await socket.next('disconnect')).toBe('io server disconnect');
    }
    expect((await host.request('GET', '/page', { cookie })).status).toBe(401);
    const again = await logIn();
    await open(again).next('connect');
    expect((await host.request('GET', '/page', { cookie: again })).status).toBe(200);
  });

  it('are refused in requests, and no browser leaves its page, if their handshakes cannot be read', async () => {
    await start(false);
    const cookie = await logIn();
    expect(await open(cookie).next('connect_error')).toEqual(refusedWith('unavailable'));
    await host.logOut(7);
    expect((await host.request('GET', '/page', { cookie })).status).toBe(401);
  });
});
