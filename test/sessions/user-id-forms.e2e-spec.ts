import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Logger,
  UseGuards,
} from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import {
  bearerToken,
  expressSession,
  fastifySession,
  jwtSession,
  requestUser,
  type SessionReader,
} from 'nestjs-meveto-logout';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import type { HttpAdapterKind } from '../support/hosts/http-adapters.js';

interface Request {
  readonly headers: { readonly 'x-user'?: string; readonly 'x-session'?: string };
  user?: unknown;
  session?: unknown;
}

/** Like guards of applications: sets the user on the request. */
@Injectable()
class OwnGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (request.headers['x-user'] !== undefined) request.user = JSON.parse(request.headers['x-user']);
    return true;
  }
}

@Controller('page')
@UseGuards(OwnGuard)
class Page {
  @Get()
  read(): string {
    return 'a page';
  }
}

const putSession = (request: Request): void => {
  if (request.headers['x-session'] !== undefined) request.session = JSON.parse(request.headers['x-session']);
};

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: Request, reply: unknown, done: () => void) => void): unknown;
}

/** Runs before any guard, like session libraries. */
function withSessions(app: INestApplication, adapter: HttpAdapterKind): void {
  const hook = (request: Request, _response: unknown, next: () => void): void => {
    putSession(request);
    next();
  };
  if (adapter === 'express') app.use(hook);
  else (app.getHttpAdapter().getInstance() as FastifyInstance).addHook('onRequest', hook);
}

const jwtService = new JwtService({ secret: 'the host’s own secret' });

/** A time before every logout of these tests. */
const BEFORE = Date.now();

const user = (value: unknown) => ({ 'x-user': JSON.stringify(value) });
const session = (value: unknown) => ({ 'x-session': JSON.stringify(value) });
const jwt = (claims: object) => ({ authorization: `Bearer ${jwtService.sign(claims)}` });

describe.each<HttpAdapterKind>(['express', 'fastify'])('the id of a session, on %s', (adapter) => {
  let host: GuardedHost;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  beforeEach(() => void warn.mockClear());
  afterEach(() => host.end());

  const serverSession = adapter === 'express' ? expressSession : fastifySession;
  const start = async (reader: SessionReader): Promise<void> => {
    host = await GuardedHost.start({
      adapter,
      options: { session: reader },
      metadata: { controllers: [Page] },
      prepare: (app) => {
        withSessions(app, adapter);
      },
    });
    await host.service.recordLogin(7);
  };
  const statusOf = async (headers: Record<string, string>) =>
    (await host.request('GET', '/page', headers)).status;
  const warnings = () => warn.mock.calls.map(([text]) => String(text));

  it.each<[string, () => SessionReader, (start: number) => Record<string, string>]>([
    ['request.user.userId', requestUser, (at) => user({ userId: 7, signedInAt: at })],
    ['request.user.sub', requestUser, (at) => user({ sub: '7', signedInAt: at })],
    [
      'a path in request.user',
      () => requestUser({ userId: 'account.id', signedInAt: 'account.since' }),
      (at) => user({ account: { id: 7, since: at } }),
    ],
    [
      'request.user itself',
      () => requestUser({ signedInAt: (_user, { headers }) => Number(headers['x-since']) }),
      (at) => ({ ...user('7'), 'x-since': String(at) }),
    ],
    ['the claim id', () => jwtSession({ jwtService }), (at) => jwt({ id: 7, signed_in_at: at })],
    ['the claim userId', () => jwtSession({ jwtService }), (at) => jwt({ userId: 7, signed_in_at: at })],
    [
      'session.user.id, by a path',
      () => serverSession({ userId: 'user.id', signedInAt: 'user.signedInAt' }),
      (at) => session({ user: { id: 7, signedInAt: at } }),
    ],
    [
      'session.passport.user, by a path',
      () => serverSession({ userId: 'passport.user' }),
      (at) => session({ passport: { user: 7 }, signedInAt: at }),
    ],
    [
      'the session, by a function',
      () => serverSession({ userId: ({ ids }) => (ids as number[])[0] }),
      (at) => session({ ids: [7], signedInAt: at }),
    ],
  ])('in %s matches that of the logout', async (_place, reader, headersOf) => {
    await start(reader());
    const headers = headersOf((await host.service.recordLogin(7)).signedInAt);
    expect(await statusOf(headers)).toBe(200);
    await host.logOut(7);
    expect(await statusOf(headers)).toBe(401);
    expect(await statusOf(headersOf((await host.service.recordLogin(7)).signedInAt))).toBe(200);
    expect(warnings()).toEqual([]);
  });

  it('may be 0', async () => {
    await start(requestUser());
    const headers = user({ id: 0, signedInAt: BEFORE });
    expect(await statusOf(headers)).toBe(200);
    await host.logOut(0);
    expect(await statusOf(headers)).toBe(401);
  });

  it.each<[string, () => SessionReader, Record<string, string>, string]>([
    ['request.user without an id', requestUser, user({ uid: 7 }), 'requestUser'],
    ['request.user with an object as id', requestUser, user({ id: { hex: '7' } }), 'requestUser'],
    ['an array as request.user', requestUser, user([7]), 'requestUser'],
    ['a wrong name', () => requestUser({ userId: 'uid' }), user({ id: 7 }), 'requestUser'],
    ['a verified token without an id', () => jwtSession({ jwtService }), jwt({ name: 'a' }), 'jwtSession'],
    ['a wrong claim', () => jwtSession({ jwtService, userId: 'uid' }), jwt({ sub: '7' }), 'jwtSession'],
    [
      'a verify that gives no id',
      () => bearerToken({ verify: () => ({ id: 7 }) as never }),
      { authorization: 'Bearer a' },
      'Return { userId, signedInAt }',
    ],
    ['a session with an array as id', serverSession, session({ userId: [7] }), `${adapter}Session`],
  ])(
    'lets the request pass with one warning if it is missing in %s',
    async (_what, reader, headers, remedy) => {
      await start(reader());
      await host.logOut(7);
      expect([await statusOf(headers), await statusOf(headers)]).toEqual([200, 200]);
      expect(warnings()).toEqual([expect.stringContaining(remedy)]);
    },
  );

  it.each<[string, () => SessionReader, Record<string, string>]>([
    ['request.user', requestUser, user({ id: 7, sub: 'auth0|9', signedInAt: BEFORE })],
    ['a token', () => jwtSession({ jwtService }), jwt({ sub: 7, id: 9, signed_in_at: BEFORE })],
  ])('is the first of two in %s, with one warning that names userId', async (_where, reader, headers) => {
    await start(reader());
    await host.logOut(9);
    expect(await statusOf(headers)).toBe(200);
    await host.logOut(7);
    expect([await statusOf(headers), await statusOf(headers)]).toEqual([401, 401]);
    expect(warnings()).toEqual([expect.stringMatching(/different user ids .*\{ userId: /)]);
  });
});
