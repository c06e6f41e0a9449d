import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExecutionContext, Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { LogoutCache } from '../logouts/logout-cache.js';
import { Counters } from '../core/counters.js';
import { EndedSessionCleanup } from './ended-session-cleanup.js';
import { HttpSessionCheck } from './http-session-check.js';
import { OpenConnections } from '../sessions/open-connections.js';
import { RefusalWriter } from './refusal-writer.js';
import type { LoggedOutException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionValidator } from '../sessions/session-validator.js';
import { CookieReader, type FakeRequest, LateReader, TokenReader } from '../../spec-support/fake-readers.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import type { ResolvedSessions } from '../sessions/options.js';
import type { ResolvedLogouts } from '../logouts/options.js';
import type { ResolvedGuard } from './options.js';

const OVER = { userId: 7, signedInAt: 1_000 };
const GOOD = { userId: 7, signedInAt: 3_000 };
const PAGE = { accept: 'text/html' };
const ANSWER = { loginPaths: [], clearCookies: [{ name: 'sid' }], clearSiteData: [] };
const policy: RoutePolicy = { skip: false, answer: undefined, stalenessLimitMs: 10_000, isStream: false };

describe('HttpSessionCheck', () => {
  let headers: Record<string, string | readonly string[]>;
  let cookies: CookieReader;
  let late: LateReader;
  let check: HttpSessionCheck;
  let known: LogoutCache;
  let response: object;
  const make = (whenLoggedOut: object = {}) => {
    known = new LogoutCache();
    known.refreshed(performance.now());
    known.remember({ userId: '7', loggedOutAt: 2_000 });
    const options = {
      sessions: [cookies, new TokenReader(), late],
      maxSessionAgeMs: 1_000_000,
      whenLoggedOut: { redirectTo: '/login?from=meveto', ...ANSWER, ...whenLoggedOut },
    } as unknown as ResolvedSessions & ResolvedLogouts & ResolvedGuard;
    const httpAdapter = {
      setHeader: (_response: object, name: string, value: string) => (headers[name] = value),
      appendHeader: (_response: object, name: string, value: string) =>
        (headers[name] = [...[headers[name] ?? []].flat(), value]),
    };
    const clock = { now: () => 5_000 };
    const validator = new SessionValidator(known, options, options, new Counters(), clock, NO_AUDIT);
    return new HttpSessionCheck(
      validator,
      new EndedSessionCleanup(validator, options, options, loggedEvents()),
      new RefusalWriter({ httpAdapter } as unknown as HttpAdapterHost, options, options),
      new OpenConnections(known, validator),
      options,
      options,
      loggedEvents(),
    );
  };
  const contextOf = (request: FakeRequest) =>
    ({
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
    }) as unknown as ExecutionContext;
  const outcomeOf = async (request: Partial<FakeRequest>, own: Partial<RoutePolicy> = {}) => {
    const full = { method: 'GET', originalUrl: '/page', headers: {}, ...request };
    try {
      return await check.check(contextOf(full), { ...policy, ...own });
    } catch (error) {
      const exception = error as LoggedOutException;
      return [exception.getStatus(), exception.reason];
    }
  };
  beforeEach(() => {
    headers = {};
    response = {};
    late = new LateReader();
    cookies = new CookieReader();
    check = make();
  });

  it('lets requests pass synchronously, and sets no headers', () => {
    const request = { method: 'GET', originalUrl: '/', headers: {}, cookie: GOOD };
    expect(check.check(contextOf(request), policy)).toBe(true);
    expect(check.check(contextOf({ method: 'GET', headers: {} }), policy)).toBe(true);
    expect(headers).toEqual({});
  });

  it.each([
    ['Express', (raw: object) => raw],
    ['Fastify', (raw: object) => ({ raw })],
  ])('closes only streamed responses when their session is over, on %s', async (_name, wrap) => {
    const destroy = jest.fn();
    response = wrap(Object.assign(new EventEmitter(), { destroy }));
    expect(await outcomeOf({ cookie: GOOD })).toBe(true);
    known.learn({ userId: '7', loggedOutAt: 2_500 }, 'store');
    expect(await outcomeOf({ cookie: GOOD }, { isStream: true })).toBe(true);
    known.learn({ userId: '7', loggedOutAt: 2_600 }, 'store');
    expect(destroy).not.toHaveBeenCalled();
    known.learn({ userId: '7', loggedOutAt: 3_000 }, 'store');
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('awaits asynchronous readers', async () => {
    cookies.isAsync.value = true;
    expect(await outcomeOf({ cookie: GOOD })).toBe(true);
    expect(await outcomeOf({ cookie: OVER })).toEqual([401, 'logged-out']);
  });

  it('refuses programs with JSON, and keeps their cookies and sessions', async () => {
    expect(await outcomeOf({ cookie: OVER })).toEqual([401, 'logged-out']);
    expect(headers).toEqual({ 'Cache-Control': 'no-store', 'WWW-Authenticate': 'Bearer' });
    const script = { cookie: OVER, headers: { 'sec-fetch-mode': 'cors' } };
    expect(await outcomeOf(script, { answer: 'redirect' })).toEqual([303, 'logged-out']);
    expect(headers).not.toHaveProperty('Set-Cookie');
    expect(cookies.end).not.toHaveBeenCalled();
  });

  it('redirects browsers to the login page, and deletes their cookie and session', async () => {
    expect(await outcomeOf({ cookie: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    expect(headers).toEqual({
      'Cache-Control': 'no-store',
      Location: '/login?from=meveto',
      'Set-Cookie': [expect.stringMatching(/^sid=; /)],
    });
    expect(cookies.end).toHaveBeenCalledTimes(1);
  });

  it('redirects browsers even if the session cannot be ended', async () => {
    cookies.end.mockImplementation(() => Promise.reject(new Error('the store is down')));
    expect(await outcomeOf({ cookie: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
  });

  it('answers as the route demands', async () => {
    expect(await outcomeOf({ cookie: OVER, headers: PAGE }, { answer: 'json' })).toEqual([401, 'logged-out']);
    expect(await outcomeOf({ cookie: OVER }, { answer: 'redirect' })).toEqual([303, 'logged-out']);
  });

  it('keeps a live session beside one that is over', async () => {
    expect(await outcomeOf({ cookie: GOOD, token: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    expect(cookies.end).not.toHaveBeenCalled();
    expect(headers).not.toHaveProperty('Set-Cookie');
  });

  it('ends no session because of an old request.user beside a live session', async () => {
    expect(await outcomeOf({ cookie: GOOD, user: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    await outcomeOf({ cookie: GOOD, user: OVER, headers: PAGE, originalUrl: '/login' });
    expect(late.end).not.toHaveBeenCalled();
    expect(late.renew).not.toHaveBeenCalled();
    expect(await outcomeOf({ user: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    expect(late.end).toHaveBeenCalledTimes(1);
  });

  it('adds the requested page to the redirect if returnTo is set and the method is GET', async () => {
    check = make({ redirectTo: '/login', returnTo: 'next' });
    await outcomeOf({ cookie: OVER, headers: PAGE, originalUrl: '/a?b=1' });
    expect(headers['Location']).toBe('/login?next=%2Fa%3Fb%3D1');
    await outcomeOf({ cookie: OVER, headers: PAGE, method: 'POST', originalUrl: '/a' });
    expect(headers['Location']).toBe('/login');
  });

  it.each([
    [{ headers: PAGE }, '"cookies", "storage", "*", "executionContexts"'],
    // A login may have happened since the request, or the answer may carry one.
    [{}, '"storage"'],
    [{ method: 'POST', originalUrl: '/auth' }, '"storage"'],
  ])('clears site data after %j: %s', async (request, kinds) => {
    await outcomeOf({ cookie: OVER, ...request });
    expect(headers).not.toHaveProperty('Clear-Site-Data');
    check = make({ clearSiteData: ['cookies', 'storage', '*', 'executionContexts'], loginPaths: ['/auth'] });
    await outcomeOf({ cookie: OVER, ...request });
    expect(headers['Clear-Site-Data']).toBe(kinds);
  });

  it('clears no site data beside a live session', async () => {
    check = make({ clearSiteData: ['cookies'] });
    for (const own of [{}, PAGE]) await outcomeOf({ cookie: GOOD, token: OVER, headers: own });
    expect(headers).not.toHaveProperty('Clear-Site-Data');
  });

  it.each(['/api/auth', '/api/auth/', '/api/auth?x=1'])(
    'lets a script log in with an empty session on a login path: %s',
    async (originalUrl) => {
      check = make({ loginPaths: ['/API/auth'] });
      expect(await outcomeOf({ cookie: OVER, method: 'POST', originalUrl })).toBe(true);
      expect(headers['Set-Cookie']).toHaveLength(1);
      expect(cookies.renew).toHaveBeenCalledTimes(1);
      const other = { cookie: OVER, method: 'POST', originalUrl: '/api/auth/more' };
      expect(await outcomeOf(other)).toEqual([401, 'logged-out']);
    },
  );

  it('warns once if it may have refused a login, and names the option', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (const [method, originalUrl] of [
      ['GET', '/api/login'],
      ['POST', '/api/logins'],
      ['POST', '/login/7/more'],
    ] as const)
      await outcomeOf({ cookie: OVER, method, originalUrl });
    expect(warn).not.toHaveBeenCalled();
    for (const originalUrl of ['/api/login', '/auth/sign-in', '/sessions?x=1'])
      await outcomeOf({ cookie: OVER, method: 'POST', originalUrl });
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringMatching(/^\[MEVETO_LOGIN_REFUSED\] .*loginPaths/),
    ]);
    warn.mockRestore();
  });

  it.each(['/login', '/login/', '/Login', '/login?from=meveto', '/login#top'])(
    'serves the login page with an empty session instead of a redirect loop: %s',
    async (originalUrl) => {
      for (const own of [PAGE, {}]) {
        headers = {};
        expect(await outcomeOf({ cookie: OVER, headers: own, originalUrl })).toBe(true);
        expect(headers['Set-Cookie']).toHaveLength(1);
      }
      expect(cookies.end).not.toHaveBeenCalled();
    },
  );

  it.each(['/loginx', '/login/more', '/a/login', '/', ''])(
    'redirects from %s to the login page',
    async (originalUrl) => {
      expect(await outcomeOf({ cookie: OVER, headers: PAGE, originalUrl })).toEqual([303, 'logged-out']);
    },
  );

  it('uses the server’s URL if there is no originalUrl', async () => {
    const request: FakeRequest = { method: 'GET', url: '/login', headers: {}, cookie: OVER };
    expect(await check.check(contextOf(request), policy)).toBe(true);
  });

  it('refuses the login page without a redirect if the ended session cannot be removed', async () => {
    expect(await outcomeOf({ token: OVER, method: 'POST', originalUrl: '/login' })).toEqual([
      401,
      'logged-out',
    ]);
    cookies.renew.mockImplementation(() => Promise.reject(new Error('the store is down')));
    expect(await outcomeOf({ cookie: OVER, headers: PAGE, originalUrl: '/login' })).toEqual([
      401,
      'logged-out',
    ]);
    expect(headers).not.toHaveProperty('Location');
  });

  it('answers 503 with Retry-After while the logout state is too old', async () => {
    expect(await outcomeOf({ cookie: GOOD }, { stalenessLimitMs: -1 })).toEqual([503, undefined]);
    expect(headers).toEqual({ 'Cache-Control': 'no-store', 'Retry-After': '2' });
  });
});
