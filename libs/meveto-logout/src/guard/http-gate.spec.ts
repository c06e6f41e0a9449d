import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExecutionContext, Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { SessionReader, type SessionRequest } from '../session/session-reader.port.js';
import { EndedSessions } from './ended-sessions.js';
import { HttpGate } from './http-gate.js';
import { OpenStreams } from './open-streams.js';
import { RefusalWriter } from './refusal-writer.js';
import type { LoggedOutException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionJudge } from './session-judge.js';

type Facts = { userId: number; signedInAt: number } | undefined;
interface FakeRequest {
  method: string;
  originalUrl?: string;
  url?: string;
  headers: Record<string, string>;
  cookie?: Facts;
  token?: Facts;
  user?: Facts;
}

class CookieReader extends SessionReader {
  readonly isAsync = { value: false };
  override read(request: SessionRequest) {
    const { cookie } = request as unknown as FakeRequest;
    return this.isAsync.value ? Promise.resolve(cookie) : cookie;
  }
  override readonly end = jest.fn<(request: SessionRequest) => void | Promise<void>>();
  override readonly renew = jest.fn((request: SessionRequest): void | Promise<void> => {
    (request as unknown as FakeRequest).cookie = undefined;
  });
}
/** As requestUser() does: ends whatever session the request has. */
class LateReader extends SessionReader {
  override readonly isLate = true;
  override read(request: SessionRequest) {
    return (request as unknown as FakeRequest).user;
  }
  override readonly end = jest.fn<(request: SessionRequest) => void>();
  override readonly renew = jest.fn<(request: SessionRequest) => void>();
}
class TokenReader extends SessionReader {
  override read(request: SessionRequest) {
    return (request as unknown as FakeRequest).token;
  }
}

const OVER = { userId: 7, signedInAt: 1_000 };
const GOOD = { userId: 7, signedInAt: 3_000 };
const PAGE = { accept: 'text/html' };
const policy: RoutePolicy = { skip: false, answer: undefined, stalenessLimitMs: 10_000, isStream: false };

describe('the gate of HTTP requests', () => {
  let headers: Record<string, string | readonly string[]>;
  let cookies: CookieReader;
  let late: LateReader;
  let gate: HttpGate;
  let known: KnownLogouts;
  let response: object;
  const make = (whenLoggedOut: object = {}) => {
    known = new KnownLogouts();
    known.refreshed(performance.now());
    known.remember({ userId: '7', loggedOutAt: 2_000 });
    const options = {
      sessions: [cookies, new TokenReader(), late],
      maxSessionAgeMs: 1_000_000,
      whenLoggedOut: {
        redirectTo: '/login?from=meveto',
        loginPaths: [],
        clearCookies: [{ name: 'sid' }],
        clearSiteData: [],
        ...whenLoggedOut,
      },
    } as unknown as ResolvedOptions;
    const httpAdapter = {
      setHeader: (_response: object, name: string, value: string) => (headers[name] = value),
      appendHeader: (_response: object, name: string, value: string) =>
        (headers[name] = [...[headers[name] ?? []].flat(), value]),
    };
    const judge = new SessionJudge(known, options, new Counters(), { now: () => 5_000 });
    const host = { httpAdapter } as unknown as HttpAdapterHost;
    return new HttpGate(
      judge,
      new EndedSessions(judge, options),
      new RefusalWriter(host, options),
      new OpenStreams(known, judge),
      options,
    );
  };
  const contextOf = (request: FakeRequest) =>
    ({
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
    }) as unknown as ExecutionContext;
  const enter = async (request: Partial<FakeRequest>, own: Partial<RoutePolicy> = {}) => {
    const full = { method: 'GET', originalUrl: '/page', headers: {}, ...request };
    try {
      return await gate.enter(contextOf(full), { ...policy, ...own });
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
    gate = make();
  });

  it('lets in without waiting for anything, and touches nothing', () => {
    const request = { method: 'GET', originalUrl: '/', headers: {}, cookie: GOOD };
    expect(gate.enter(contextOf(request), policy)).toBe(true);
    expect(gate.enter(contextOf({ method: 'GET', headers: {} }), policy)).toBe(true);
    expect(headers).toEqual({});
  });

  it.each([
    ['Express', (raw: object) => raw],
    ['Fastify', (raw: object) => ({ raw })],
  ])('cuts off the answer of a stream once its session is over, and no other, on %s', async (_name, wrap) => {
    const destroy = jest.fn();
    response = wrap(Object.assign(new EventEmitter(), { destroy }));
    expect(await enter({ cookie: GOOD })).toBe(true);
    known.learn({ userId: '7', loggedOutAt: 2_500 }, 'store');
    expect(await enter({ cookie: GOOD }, { isStream: true })).toBe(true);
    known.learn({ userId: '7', loggedOutAt: 2_600 }, 'store');
    expect(destroy).not.toHaveBeenCalled();
    known.learn({ userId: '7', loggedOutAt: 3_000 }, 'store');
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('waits for readers that take their time', async () => {
    cookies.isAsync.value = true;
    expect(await enter({ cookie: GOOD })).toBe(true);
    expect(await enter({ cookie: OVER })).toEqual([401, 'logged-out']);
  });

  it('tells programs, and leaves cookies and sessions alone', async () => {
    expect(await enter({ cookie: OVER })).toEqual([401, 'logged-out']);
    expect(headers).toEqual({ 'Cache-Control': 'no-store', 'WWW-Authenticate': 'Bearer' });
    const script = { cookie: OVER, headers: { 'sec-fetch-mode': 'cors' } };
    expect(await enter(script, { answer: 'redirect' })).toEqual([303, 'logged-out']);
    expect(headers).not.toHaveProperty('Set-Cookie');
    expect(cookies.end).not.toHaveBeenCalled();
  });

  it('leads people to the login page, without their cookie and session', async () => {
    expect(await enter({ cookie: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    expect(headers).toEqual({
      'Cache-Control': 'no-store',
      Location: '/login?from=meveto',
      'Set-Cookie': [expect.stringMatching(/^sid=; /)],
    });
    expect(cookies.end).toHaveBeenCalledTimes(1);
  });

  it('does so though their session cannot be ended', async () => {
    cookies.end.mockImplementation(() => Promise.reject(new Error('the store is down')));
    expect(await enter({ cookie: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
  });

  it('answers as the route says', async () => {
    expect(await enter({ cookie: OVER, headers: PAGE }, { answer: 'json' })).toEqual([401, 'logged-out']);
    expect(await enter({ cookie: OVER }, { answer: 'redirect' })).toEqual([303, 'logged-out']);
  });

  it('ends what is over, and not a session beside it that is good', async () => {
    expect(await enter({ cookie: GOOD, token: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    expect(cookies.end).not.toHaveBeenCalled();
    expect(headers).not.toHaveProperty('Set-Cookie');
  });

  it('ends no session for an old request.user that may have come from elsewhere, while another one is good', async () => {
    expect(await enter({ cookie: GOOD, user: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    await enter({ cookie: GOOD, user: OVER, headers: PAGE, originalUrl: '/login' });
    expect(late.end).not.toHaveBeenCalled();
    expect(late.renew).not.toHaveBeenCalled();
    expect(await enter({ user: OVER, headers: PAGE })).toEqual([303, 'logged-out']);
    expect(late.end).toHaveBeenCalledTimes(1);
  });

  it('says which page was asked for, where that is wanted and can be asked for again', async () => {
    gate = make({ redirectTo: '/login', returnTo: 'next' });
    await enter({ cookie: OVER, headers: PAGE, originalUrl: '/a?b=1' });
    expect(headers['Location']).toBe('/login?next=%2Fa%3Fb%3D1');
    await enter({ cookie: OVER, headers: PAGE, method: 'POST', originalUrl: '/a' });
    expect(headers['Location']).toBe('/login');
  });

  it.each([
    [{ headers: PAGE }, '"cookies", "storage", "*", "executionContexts"'],
    // A login may have come meanwhile, or comes with the answer.
    [{}, '"storage"'],
    [{ method: 'POST', originalUrl: '/auth' }, '"storage"'],
  ])('tells the browser what else to clear after %j: %s', async (request, kinds) => {
    await enter({ cookie: OVER, ...request });
    expect(headers).not.toHaveProperty('Clear-Site-Data');
    gate = make({ clearSiteData: ['cookies', 'storage', '*', 'executionContexts'], loginPaths: ['/auth'] });
    await enter({ cookie: OVER, ...request });
    expect(headers['Clear-Site-Data']).toBe(kinds);
  });

  it('tells the browser to clear nothing else beside a session that is still good', async () => {
    gate = make({ clearSiteData: ['cookies'] });
    for (const own of [{}, PAGE]) await enter({ cookie: GOOD, token: OVER, headers: own });
    expect(headers).not.toHaveProperty('Clear-Site-Data');
  });

  it.each(['/api/auth', '/api/auth/', '/api/auth?x=1'])(
    'lets a script log in, as nobody, where the application says that people do: %s',
    async (originalUrl) => {
      gate = make({ loginPaths: ['/API/auth'] });
      expect(await enter({ cookie: OVER, method: 'POST', originalUrl })).toBe(true);
      expect(headers['Set-Cookie']).toHaveLength(1);
      expect(cookies.renew).toHaveBeenCalledTimes(1);
      const other = { cookie: OVER, method: 'POST', originalUrl: '/api/auth/more' };
      expect(await enter(other)).toEqual([401, 'logged-out']);
    },
  );

  it('says once that a login seems to be refused, and where to say that it is one', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (const [method, originalUrl] of [
      ['GET', '/api/login'],
      ['POST', '/api/logins'],
      ['POST', '/login/7/more'],
    ] as const)
      await enter({ cookie: OVER, method, originalUrl });
    expect(warn).not.toHaveBeenCalled();
    for (const originalUrl of ['/api/login', '/auth/sign-in', '/sessions?x=1'])
      await enter({ cookie: OVER, method: 'POST', originalUrl });
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([expect.stringContaining('loginPaths')]);
    warn.mockRestore();
  });

  it.each(['/login', '/login/', '/Login', '/login?from=meveto', '/login#top'])(
    'shows the login page to nobody instead of leading there again: %s',
    async (originalUrl) => {
      for (const own of [PAGE, {}]) {
        headers = {};
        expect(await enter({ cookie: OVER, headers: own, originalUrl })).toBe(true);
        expect(headers['Set-Cookie']).toHaveLength(1);
      }
      expect(cookies.end).not.toHaveBeenCalled();
    },
  );

  it.each(['/loginx', '/login/more', '/a/login', '/', ''])('leads there from %s', async (originalUrl) => {
    expect(await enter({ cookie: OVER, headers: PAGE, originalUrl })).toEqual([303, 'logged-out']);
  });

  it('takes the URL that the server has where no router has changed it', async () => {
    const request: FakeRequest = { method: 'GET', url: '/login', headers: {}, cookie: OVER };
    expect(await gate.enter(contextOf(request), policy)).toBe(true);
  });

  it('refuses the login page without a redirect to who cannot be made nobody', async () => {
    expect(await enter({ token: OVER, method: 'POST', originalUrl: '/login' })).toEqual([401, 'logged-out']);
    cookies.renew.mockImplementation(() => Promise.reject(new Error('the store is down')));
    expect(await enter({ cookie: OVER, headers: PAGE, originalUrl: '/login' })).toEqual([401, 'logged-out']);
    expect(headers).not.toHaveProperty('Location');
  });

  it('says 503 and when to try again while it does not know', async () => {
    expect(await enter({ cookie: GOOD }, { stalenessLimitMs: -1 })).toEqual([503, undefined]);
    expect(headers).toEqual({ 'Cache-Control': 'no-store', 'Retry-After': '2' });
  });
});
