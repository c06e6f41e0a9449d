import { Controller, Get, Inject, Logger, Post, Req } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import session from 'express-session';
import {
  expressSession,
  MevetoLogoutService,
  SessionReader,
  type SessionRequest,
  SkipMevetoLogout,
} from 'nestjs-meveto-logout';
import { GuardedHost } from '../support/hosts/guarded-host.js';

/** A long-lived cookie that remembers users, without a session store. */
class Remembered extends SessionReader {
  constructor(override readonly cookies?: readonly string[]) {
    super();
  }
  override read({ headers }: SessionRequest) {
    const signedInAt = /remember=(\d+)/.exec(headers.cookie ?? '')?.[1];
    return signedInAt === undefined ? undefined : { userId: 7, signedInAt: Number(signedInAt) };
  }
}

interface WithSession {
  session: session.Session & { userId?: number; signedInAt?: number };
}

@Controller()
class Pages {
  constructor(@Inject(MevetoLogoutService) private readonly logout: MevetoLogoutService) {}

  @Post('api/login')
  @SkipMevetoLogout()
  async logIn(@Req() request: WithSession) {
    const { signedInAt } = await this.logout.recordLogin(7);
    Object.assign(request.session, { userId: 7, signedInAt });
    return {};
  }

  @Get('login')
  login() {
    return 'login';
  }

  @Get('profile')
  profile() {
    return 'profile';
  }
}

describe('a cookie whose session is over, beside a live one', () => {
  let host: GuardedHost;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  afterEach(() => host.end());
  const start = (remembered: Remembered) =>
    GuardedHost.start({
      adapter: 'express',
      options: {
        session: [expressSession(), remembered],
        whenLoggedOut: { clearCookies: ['sid', { name: 'remember', path: '/' }] },
      },
      metadata: { controllers: [Pages] },
      prepare: (app) => {
        app.use(session({ name: 'sid', secret: 's'.repeat(32), resave: false, saveUninitialized: false }));
      },
    });
  /** The cookies after a logout and a new login by a script: the old cookie is still there. */
  async function bothCookies(): Promise<{ sid: string; remember: string }> {
    const { signedInAt } = await host.service.recordLogin(7);
    await host.logOut(7);
    const remember = `remember=${String(signedInAt)}`;
    return { sid: (await host.request('POST', '/api/login', { cookie: remember }, {})).cookie, remember };
  }
  const page = (path: string, ...cookies: readonly string[]) =>
    host.request('GET', path, { accept: 'text/html', cookie: cookies.join('; ') });

  it.each(['/profile', '/login'])('is deleted by %s, and the other cookie stays', async (path) => {
    host = await start(new Remembered(['remember']));
    const { sid, remember } = await bothCookies();
    const first = await page(path, sid, remember);
    expect(first.status).toBe(path === '/login' ? 200 : 303);
    expect(first.headers['set-cookie']).toEqual([expect.stringMatching(/^remember=;/)]);
    expect(await page('/profile', sid)).toMatchObject({ status: 200, text: 'profile' });
  });

  it('stays if its reader does not name it, with one warning', async () => {
    host = await start(new Remembered());
    const { sid, remember } = await bothCookies();
    warn.mockClear();
    for (let times = 0; times < 2; times += 1) {
      const refused = await page('/profile', sid, remember);
      expect([refused.status, refused.headers['set-cookie']]).toEqual([303, undefined]);
    }
    const said = warn.mock.calls.filter(([text]) => String(text).includes('readonly cookies = [name]'));
    expect(said.map(([text]) => String(text))).toEqual([
      expect.stringContaining('[MEVETO_COOKIE_NOT_REMOVED]'),
    ]);
  });

  it('is deleted with all others if no session is live, also if only its reader names it', async () => {
    host = await start(new Remembered(['remember', 'remember-too']));
    const { remember } = await bothCookies();
    const refused = await page('/profile', remember);
    const names = (refused.headers['set-cookie'] ?? []).map((line) => line.split('=', 1)[0]);
    expect(names).toEqual(['sid', 'remember', 'remember-too']);
  });
});
