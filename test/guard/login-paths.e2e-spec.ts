import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  Injectable,
  Logger,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { requestUser, SessionReader, type SessionRequest } from 'nestjs-meveto-logout';
import { GuardedHost } from '../support/hosts/guarded-host.js';

interface UserRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user?: { id: number; signedInAt?: number };
}

/** Like Passport's local and OAuth strategies: sets a freshly authenticated user without a session. */
@Injectable()
class Proves implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest<UserRequest>().user = { id: 7 };
    return true;
  }
}

/** Like strategies for tokens: sets signedInAt. */
@Injectable()
class Knows implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<UserRequest>();
    request.user = { id: 7, signedInAt: Number(request.headers['x-since']) };
    return true;
  }
}

@Controller()
class Logins {
  @Post('auth/login')
  @HttpCode(200)
  @UseGuards(Proves)
  logIn(@Req() { user }: UserRequest) {
    return { id: user?.id };
  }

  @Get('oauth/callback')
  @UseGuards(Proves)
  comeBack(@Req() { user }: UserRequest) {
    return { id: user?.id };
  }

  @Post('auth/refresh')
  @HttpCode(200)
  @UseGuards(Knows)
  refresh(@Req() { user }: UserRequest) {
    return { id: user?.id };
  }
}

/** A minimal reader of an application: only read(). */
class OwnCookie extends SessionReader {
  override read({ headers }: SessionRequest) {
    const signedInAt = /(?:^|; *)mine=(\d+)/.exec(headers.cookie ?? '')?.[1];
    return signedInAt === undefined ? undefined : { userId: 7, signedInAt: Number(signedInAt) };
  }
}

@Controller('login')
class LoginPage {
  @Get()
  show(@Req() { headers }: UserRequest) {
    return { cookie: headers['cookie'] };
  }

  @Post()
  @HttpCode(200)
  logIn(@Req() { headers }: UserRequest) {
    return { cookie: headers['cookie'] };
  }
}

describe('a login page with a session reader that has only read()', () => {
  let host: GuardedHost;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  afterEach(() => host.end());
  const start = (clearCookies: readonly string[]) =>
    GuardedHost.start({
      options: { session: new OwnCookie(), whenLoggedOut: { clearCookies } },
      metadata: { controllers: [LoginPage] },
    });
  const old = { cookie: 'other=1; mine=1000; third=3', accept: 'text/html' };

  it('is served without the cookie that the application names', async () => {
    host = await start(['mine']);
    await host.logOut(7);
    for (const method of ['GET', 'POST']) {
      const answer = await host.request(method, '/login', old);
      expect([answer.status, answer.text]).toEqual([200, '{"cookie":"other=1; third=3"}']);
      expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/^mine=;/)]);
    }
  });

  it('is served if the application names no cookie, with one warning that names the option', async () => {
    host = await start([]);
    await host.logOut(7);
    warn.mockClear();
    for (let times = 0; times < 2; times += 1)
      expect((await host.request('GET', '/login', old)).status).toBe(200);
    expect((await host.request('POST', '/login', old)).status).toBe(401);
    const said = warn.mock.calls
      .map(([text]) => String(text))
      .filter((text) => text.includes('clearCookies'));
    expect(said).toEqual([expect.stringContaining('[MEVETO_SESSION_NOT_REMOVED]')]);
  });
});

describe('a user that a login guard of the application sets', () => {
  let host: GuardedHost;
  afterEach(() => host.end());
  const start = (loginPaths: readonly string[], session: SessionReader = requestUser()) =>
    GuardedHost.start({
      options: { session, whenLoggedOut: { loginPaths } },
      metadata: { controllers: [Logins] },
    });

  it.each([
    ['POST', '/auth/login'],
    ['GET', '/oauth/callback'],
  ])('passes after a logout at %s %s', async (method, path) => {
    host = await start(['/auth/login', '/oauth/callback']);
    await host.logOut(7);
    for (const headers of [{}, { accept: 'text/html' }]) {
      const answer = await host.request(method, path, headers);
      expect([answer.status, answer.text]).toEqual([200, '{"id":7}']);
    }
  });

  it('is refused with a session from before the logout, also on a login path', async () => {
    host = await start(['/auth/refresh']);
    const { signedInAt } = await host.service.recordLogin(7);
    const before = { 'x-since': String(signedInAt) };
    expect((await host.request('POST', '/auth/refresh', before)).status).toBe(200);
    await host.logOut(7);
    expect((await host.request('POST', '/auth/refresh', before)).status).toBe(401);
    const again = await host.service.recordLogin(7);
    const after = { 'x-since': String(again.signedInAt) };
    expect((await host.request('POST', '/auth/refresh', after)).status).toBe(200);
  });

  it('is refused on other paths, with one warning that names the option', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    host = await start([]);
    await host.logOut(7);
    for (let times = 0; times < 2; times += 1)
      expect((await host.request('GET', '/oauth/callback')).status).toBe(401);
    const said = warn.mock.calls
      .map(([text]) => String(text))
      .filter((text) => text.includes('/oauth/callback'));
    expect(said).toEqual([expect.stringMatching(/^\[MEVETO_LATE_USER_REFUSED\] .*loginPaths/)]);
    expect((await host.service.status()).counters.guard_refused).toBe(2);
    warn.mockRestore();
  });
});

/** Reads a session of user 8 from another place. */
class OtherHeader extends SessionReader {
  override read({ headers }: SessionRequest) {
    const signedInAt = headers['x-other'];
    return signedInAt === undefined ? undefined : { userId: 8, signedInAt: Number(signedInAt) };
  }
}

/** A global guard of an application that reads users from its own cookie, also on public pages. */
@Injectable()
class KnowsByCookie implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<UserRequest>();
    const signedInAt = /mine=(\d+)/.exec(request.headers['cookie'] ?? '')?.[1];
    if (signedInAt !== undefined) request.user = { id: 7, signedInAt: Number(signedInAt) };
    return true;
  }
}

@Controller()
class PublicPages {
  @Get('login')
  show(@Req() { user }: UserRequest) {
    return { user: user?.id ?? null };
  }

  @Post('login')
  @HttpCode(200)
  logIn(@Req() { user }: UserRequest) {
    return { user: user?.id ?? null };
  }

  @Get('profile')
  profile() {
    return 'profile';
  }
}

describe('a login page where a guard of the application reads users from an old cookie', () => {
  let host: GuardedHost;
  afterEach(() => host.end());

  it('is served without a user, and deletes the cookie, also when a login is refused', async () => {
    host = await GuardedHost.start({
      options: { session: [requestUser(), new OtherHeader()], whenLoggedOut: { clearCookies: ['mine'] } },
      metadata: { controllers: [PublicPages], providers: [{ provide: APP_GUARD, useClass: KnowsByCookie }] },
    });
    const { signedInAt } = await host.service.recordLogin(7);
    await host.logOut(7);
    const old = { cookie: `mine=${String(signedInAt)}`, accept: 'text/html' };
    const cleared = [expect.stringMatching(/^mine=;/)];
    const page = await host.request('GET', '/login', old);
    expect([page.status, page.text, page.headers['set-cookie']]).toEqual([200, '{"user":null}', cleared]);
    const login = await host.request('POST', '/login', old);
    expect([login.status, login.headers['set-cookie']]).toEqual([401, cleared]);
    // The answer to a script may arrive after a login in another tab.
    const script = await host.request('POST', '/login', { ...old, 'sec-fetch-mode': 'cors' });
    expect([script.status, script.headers['set-cookie']]).toEqual([401, undefined]);
    expect((await host.request('POST', '/login', { accept: 'text/html' })).status).toBe(200);
    // Beside a session of another user, which must stay, the page is not served to this user.
    const other = await host.service.recordLogin(8);
    const beside = await host.request('GET', '/login', { ...old, 'x-other': String(other.signedInAt) });
    expect([beside.status, beside.headers['set-cookie']]).toEqual([401, undefined]);
    const profile = await host.request('GET', '/profile', old);
    expect([profile.status, profile.headers.location]).toEqual([303, '/login']);
  });
});
