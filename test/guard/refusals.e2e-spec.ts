import { Controller, Get, Post, Req } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  AnswerLoggedOut,
  bearerToken,
  type MevetoLogoutOptions,
  OnLogoutStateUnknown,
  SessionReader,
  type SessionRequest,
} from 'nestjs-meveto-logout';
import { GuardedHost } from '../support/hosts/guarded-host.js';

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** A session that is stored in its cookie: `sid=<user id>.<signed in at>`. */
class CookieSession extends SessionReader {
  override read({ headers }: SessionRequest) {
    const [userId, signedInAt] = /\bsid=([\d.]+)/.exec(headers.cookie ?? '')?.[1]?.split('.') ?? [];
    return userId === undefined ? undefined : { userId, signedInAt: Number(signedInAt) };
  }

  override renew(request: SessionRequest) {
    delete request.headers.cookie;
  }
}

class KeptCookie extends SessionReader {
  override read(request: SessionRequest) {
    return new CookieSession().read(request);
  }
}

const tokens = bearerToken({ verify: (token) => ({ userId: token, signedInAt: 1 }) });

@Controller()
class Pages {
  @Get('page')
  page() {
    return 'the page';
  }

  @Post('page')
  save() {
    return 'saved';
  }

  @Get('login')
  login(@Req() { headers }: SessionRequest) {
    return `log in, ${headers.cookie ?? 'no session'}`;
  }

  @Post('login')
  logIn(@Req() { headers }: SessionRequest) {
    return `logged in, ${headers.cookie ?? 'no session'}`;
  }

  @Get('always-page')
  @AnswerLoggedOut('redirect')
  alwaysPage() {
    return 'page';
  }

  @Get('always-json')
  @AnswerLoggedOut('json')
  alwaysJson() {
    return {};
  }

  @Get('open')
  @OnLogoutStateUnknown('allow')
  open() {
    return 'open';
  }

  @Get('patient')
  @OnLogoutStateUnknown({ graceMs: 3_600_000 })
  patient() {
    return 'patient';
  }

  @Get('strict')
  @OnLogoutStateUnknown('deny')
  strict() {
    return 'strict';
  }
}

let host: GuardedHost;
afterEach(() => host.end());

const start = (options: Partial<MevetoLogoutOptions> = {}) =>
  GuardedHost.start({
    options: { session: [new CookieSession(), tokens], ...options },
    metadata: { controllers: [Pages] },
  });
const over = { cookie: 'sid=7.1000' };

describe('the answer to a request whose session is over', () => {
  it.each([
    ['GET', '/page', PAGE, 303],
    ['HEAD', '/page', PAGE, 303],
    ['POST', '/page', { ...PAGE, 'sec-fetch-mode': 'navigate' }, 303],
    ['GET', '/always-page', { accept: 'application/json' }, 303],
    ['GET', '/page', {}, 401],
    ['GET', '/page', { accept: 'application/json, text/html;q=0.9' }, 401],
    ['GET', '/page', { ...PAGE, 'sec-fetch-mode': 'cors' }, 401],
    ['GET', '/page', { ...PAGE, 'x-requested-with': 'XMLHttpRequest' }, 401],
    ['GET', '/always-json', PAGE, 401],
  ])('to %s %s with %j is %d', async (method, path, headers, status) => {
    host = await start();
    await host.logOut(7);
    const answer = await host.request(method, path, { ...headers, ...over });
    expect(answer.status).toBe(status);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers.location).toBe(status === 303 ? '/login' : undefined);
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
    if (status === 401)
      expect(JSON.parse(answer.text)).toMatchObject({ statusCode: 401, reason: 'logged-out' });
  });

  it('clears the cookie with its own attributes, and the site data that the application names', async () => {
    host = await start({
      whenLoggedOut: {
        clearCookies: ['plain', { name: '__Host-sid', sameSite: 'none', partitioned: true }],
        clearSiteData: ['storage', 'cookies'],
      },
    });
    await host.logOut(7);
    const page = await host.request('GET', '/page', { ...PAGE, ...over });
    const gone = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly';
    expect(page.headers['set-cookie']).toEqual([
      `plain=; Path=/; ${gone}`,
      `__Host-sid=; Path=/; ${gone}; Secure; SameSite=none; Partitioned`,
    ]);
    expect(page.headers['clear-site-data']).toBe('"storage", "cookies"');
    const api = await host.request('GET', '/page', over);
    expect([api.headers['clear-site-data'], api.headers['set-cookie']]).toEqual(['"storage"', undefined]);
  });

  it('deletes no cookie when a script is redirected, since the answer may arrive after a login', async () => {
    host = await start({ whenLoggedOut: { clearCookies: ['sid'], clearSiteData: ['storage', 'cookies'] } });
    await host.logOut(7);
    const answer = await host.request('GET', '/always-page', { 'sec-fetch-mode': 'cors', ...over });
    expect([answer.status, answer.headers.location]).toEqual([303, '/login']);
    expect([answer.headers['clear-site-data'], answer.headers['set-cookie']]).toEqual([
      '"storage"',
      undefined,
    ]);
  });

  it('lets a script with an old token log in on a login path', async () => {
    host = await start({ whenLoggedOut: { loginPaths: ['/page'] } });
    await host.logOut(7);
    const old = { authorization: 'Bearer 7' };
    expect((await host.request('GET', '/page', old)).status).toBe(200);
    expect((await host.request('GET', '/always-json', old)).status).toBe(401);
  });

  it('keeps a live session beside an old token', async () => {
    host = await start({ whenLoggedOut: { clearCookies: ['sid'] } });
    await host.logOut(7);
    const { signedInAt } = await host.service.recordLogin(7);
    const headers = { ...PAGE, cookie: `sid=7.${String(signedInAt)}`, authorization: 'Bearer 7' };
    const answer = await host.request('GET', '/page', headers);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([303, undefined]);
  });

  it.each([
    ['/page?tab=1', '/login?next=%2Fpage%3Ftab%3D1'],
    ['/page?next=//evil.example/', '/login?next=%2Fpage%3Fnext%3D%2F%2Fevil.example%2F'],
  ])('adds the requested page if returnTo is set: %s', async (path, location) => {
    host = await start({ whenLoggedOut: { returnTo: 'next' } });
    await host.logOut(7);
    expect((await host.request('GET', path, { ...PAGE, ...over })).headers.location).toBe(location);
    expect((await host.request('POST', path, { ...PAGE, ...over })).headers.location).toBe('/login');
  });
});

describe('a request that never redirects a browser', () => {
  it('is the webhook, with any cookie', async () => {
    host = await start();
    await host.logOut(7);
    const webhook = { type: 'User_Logged_Out', user_token: 'nobody-issued-this' };
    const answer = await host.request('POST', '/meveto/webhook', { ...PAGE, ...over }, webhook);
    expect([answer.status, answer.headers.location]).toEqual([202, undefined]);
  });

  it.each([
    ['a script', { accept: '*/*', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
    ['a picture', { accept: 'image/avif,image/webp,*/*;q=0.8', 'sec-fetch-mode': 'no-cors' }],
    ['a style sheet', { accept: 'text/css,*/*;q=0.1', 'sec-fetch-mode': 'no-cors' }],
  ])('is %s, which is refused without a redirect', async (_what, headers) => {
    host = await start();
    await host.logOut(7);
    const answer = await host.request('GET', '/page', { ...headers, ...over });
    expect([answer.status, answer.headers.location]).toEqual([401, undefined]);
  });
});

describe('the guarded login page', () => {
  it.each([
    ['GET', '/login', 'log in, no session'],
    ['GET', '/login?next=%2Fpage', 'log in, no session'],
    ['POST', '/login', 'logged in, no session'],
  ])('is served with an empty session: %s %s', async (method, path, text) => {
    host = await start({ whenLoggedOut: { clearCookies: ['sid'] } });
    await host.logOut(7);
    const answer = await host.request(method, path, { ...PAGE, ...over });
    expect([answer.status, answer.text]).toEqual([method === 'GET' ? 200 : 201, text]);
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/^sid=; .*1970/)]);
  });

  it('is refused without a redirect if the session cannot be removed from the request', async () => {
    host = await start({ session: new KeptCookie() });
    await host.logOut(7);
    const answer = await host.request('POST', '/login', { ...PAGE, ...over });
    expect([answer.status, answer.headers.location]).toEqual([401, undefined]);
  });
});

describe('while the logout state is unknown', () => {
  const stale = async (logoutState: MevetoLogoutOptions['logoutState'] = {}) => {
    host = await start({
      logouts: { pollIntervalMs: 60_000 },
      logoutState: { maxStalenessMs: 120_000, ...logoutState },
    });
    const { signedInAt } = await host.service.recordLogin(7);
    // No poll happens within its interval, and the clock for the age of the logout state runs ahead.
    const real = performance.now.bind(performance);
    const ahead = jest.spyOn(performance, 'now').mockImplementation(() => real() + 200_000);
    try {
      const answers = [];
      for (const path of ['/page', '/strict', '/open', '/patient'])
        answers.push(await host.request('GET', path, { cookie: `sid=7.${String(signedInAt)}` }));
      return answers;
    } finally {
      ahead.mockRestore();
    }
  };

  it('refuses a session with 503, or lets it pass if the route allows it', async () => {
    const answers = await stale();
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 200, 200]);
    expect(answers[0]?.headers).toMatchObject({ 'retry-after': '2', 'cache-control': 'no-store' });
    expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({ reason: 'logout-state-unknown' });
  });

  it('lets all sessions pass if the application allows it', async () => {
    expect((await stale({ onUnknown: 'allow' })).map(({ status }) => status)).toEqual([200, 503, 200, 200]);
  });

  it('refuses sessions after the grace period', async () => {
    const answers = await stale({ onUnknown: { graceMs: 50_000 } });
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 200, 200]);
  });
});
