import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { getRepositoryToken } from '@nestjs/typeorm';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import type { Repository } from 'typeorm';
import { Session } from '../../apps/demo/src/sessions/session.entity.js';
import { AccessToken } from '../../apps/demo/src/tokens/access-token.entity.js';
import { databaseKind } from '../support/database.js';
import { credentialsOf, DemoApp } from '../support/demo/demo-app.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { until } from '../support/until.js';

const SECRET = 'a-session-secret-of-the-demo-tests-only';
const JSON_TYPE = { 'content-type': 'application/json' };

describe(`the demo from outside on ${databaseKind}`, () => {
  let demo: DemoApp;
  beforeAll(async () => {
    demo = await DemoApp.start({ SESSION_SECRET: SECRET });
  });
  afterAll(() => demo.stop());

  const send = (path: string, body: string | undefined, headers: Record<string, string>) =>
    fetch(demo.url + path, {
      method: 'POST',
      headers,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    });
  const withToken = (token: string) =>
    fetch(`${demo.url}/api/profile`, { headers: { authorization: `Bearer ${token}`, accept: 'text/html' } });

  describe.each(['/login', '/api/tokens'])('POST %s', (path) => {
    it.each([
      ['no body', undefined, {}, 400],
      ['text', 'hello', { 'content-type': 'text/plain' }, 400],
      ['cut-off JSON', '{"email":', JSON_TYPE, 400],
      ['an array', '[]', JSON_TYPE, 400],
      ['objects for texts', '{"email":{"a":1},"password":["b"]}', JSON_TYPE, 400],
      ['a NUL', '{"email":"a\\u0000@example.com","password":"b"}', JSON_TYPE, 400],
      ['half a character', '{"email":"\\ud800@example.com","password":"b"}', JSON_TYPE, 401],
      ['an unknown person', '{"email":"nobody@example.com","password":"b"}', JSON_TYPE, 401],
      ['a huge body', JSON.stringify({ email: 'a'.repeat(1_000_000) }), JSON_TYPE, 413],
      ['an unknown encoding', '{}', { ...JSON_TYPE, 'content-encoding': 'x-odd' }, 415],
    ])('answers %s as the sender’s fault', async (_what, body, headers, status) => {
      expect((await send(path, body, headers as Record<string, string>)).status).toBe(status);
    });
  });

  it('answers why an access token is refused', async () => {
    const token = await demo.token('alice');
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = (given: object, secret = SECRET, alg = 'HS256') => {
      const text = `${part({ alg, typ: 'JWT' })}.${part(given)}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    const reasons: [string, string][] = [
      ['invalid-token', `${part({ alg: 'none' })}.${part(claims)}.`],
      ['invalid-token', signed(claims, 'another secret')],
      ['invalid-token', signed({ ...claims, sub: '2' })],
      ['invalid-token', signed({ ...claims, jti: 'a\0b' })],
      ['invalid-token', signed({ ...claims, jti: '00000000-0000-4000-8000-000000000000' })],
      ['invalid-token', 'junk'],
      ['expired', signed({ ...claims, exp: 1 })],
    ];
    for (const [reason, refused] of reasons) {
      const answer = await withToken(refused);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await answer.json()).toMatchObject({ statusCode: 401, reason });
    }
    expect((await withToken(token)).status).toBe(200);
  });

  it.each([
    'connect.sid=',
    'connect.sid=s%3Aabc.def',
    'connect.sid=%E0%A4%A',
    ';;==',
    'connect.sid=s%3A%00.x',
  ])('takes the cookie %s for none', async (cookie) => {
    const headers = { cookie, accept: 'text/html' };
    const profile = await fetch(`${demo.url}/profile`, { headers, redirect: 'manual' });
    expect([profile.status, profile.headers.get('location')]).toEqual([303, '/login']);
    const api = await fetch(`${demo.url}/api/profile`, { headers });
    expect(await api.json()).toMatchObject({ statusCode: 401, reason: 'not-logged-in' });
  });

  it('accepts 200 logins of one user at once, and webhooks meanwhile', async () => {
    const body = JSON.stringify(credentialsOf('bob'));
    const login = () => send('/login', body, { ...JSON_TYPE, accept: 'application/json' });
    const webhook = () => {
      const user_token = demo.meveto.issueUserToken('meveto-carol');
      return send('/meveto/webhook', JSON.stringify({ type: 'User_Logged_Out', user_token }), JSON_TYPE);
    };
    const logins = Promise.all(Array.from({ length: 200 }, login));
    const answers = Promise.all(Array.from({ length: 20 }, webhook));
    expect(new Set((await logins).map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([202]));
  });

  it('shows no token to observers, whatever its outcome', async () => {
    const tokens = [demo.meveto.issueUserToken('meveto-carol'), 'a-canary-that-nobody-issued-0123456789'];
    for (const user_token of tokens) {
      const body = JSON.stringify({ type: 'User_Logged_Out', user_token });
      expect((await send('/meveto/webhook', body, JSON_TYPE)).status).toBe(202);
    }
    const metrics = async () => (await fetch(`${demo.url}/metrics`)).text();
    await until('both jobs are finished', async () => {
      const text = await metrics();
      return /state="applied"\} [1-9]/.test(text) && /state="rejected"\} [1-9]/.test(text);
    });
    const health = await (await fetch(`${demo.url}/health`)).text();
    for (const token of tokens) expect((await metrics()) + health).not.toContain(token);
  });

  describe('with a database that hangs', () => {
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('reads no session for routes that must not wait', async () => {
      const { cookie } = await demo.loggedIn('alice');
      const sessions = demo.app.get<Repository<Session>>(getRepositoryToken(Session), { strict: false });
      const read = jest.spyOn(sessions, 'findOneBy').mockRejectedValue(new Error('Query read timeout'));
      const get = (path: string) => fetch(demo.url + path, { headers: { cookie } });
      for (const path of ['/health', '/metrics', '/meveto/client.js', '/meveto/client.mjs']) {
        expect([path, (await get(path)).status]).toEqual([path, 200]);
      }
      expect(read).not.toHaveBeenCalled();
      const refused = await get('/api/profile');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    });

    it('answers 503 with Retry-After while it cannot look up an access token', async () => {
      const token = await demo.token('alice');
      const api = () => fetch(`${demo.url}/api/profile`, { headers: { authorization: `Bearer ${token}` } });
      const tokens = demo.app.get<Repository<AccessToken>>(getRepositoryToken(AccessToken), {
        strict: false,
      });
      const look = jest.spyOn(tokens, 'findOneBy').mockRejectedValue(new Error('Query read timeout'));
      const refused = await api();
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await refused.text()).not.toContain('Query read timeout');
      look.mockRestore();
      expect((await api()).status).toBe(200);
    });

    it('reports it on /health before a load balancer gives up', async () => {
      const { cookie } = await demo.loggedIn('alice');
      const never = new Promise<never>(() => undefined);
      jest.spyOn(demo.app.get(MevetoLogoutService), 'status').mockReturnValue(never);
      const sessions = demo.app.get<Repository<Session>>(getRepositoryToken(Session), { strict: false });
      jest.spyOn(sessions, 'findOneBy').mockReturnValue(never);
      const answer = await fetch(`${demo.url}/health`, {
        headers: { cookie },
        signal: AbortSignal.timeout(4_500),
      });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      const cluster = { status: 'up', bus: 'none' };
      const mevetoLogout = { status: 'down', store: 'unreachable' };
      expect(await answer.json()).toEqual({
        status: 'error',
        info: { cluster },
        error: { meveto_logout: mevetoLogout },
        details: { cluster, meveto_logout: mevetoLogout },
      });
    });
  });

  describe('with an access token and the cookie of a session that was logged out', () => {
    const both = async () => {
      const browser = await demo.loggedIn('carol');
      await demo.logOut('carol');
      return { browser, authorization: `Bearer ${await demo.token('carol')}`, cookie: browser.cookie };
    };

    it('uses the token on routes for programs and the cookie on pages', async () => {
      const { authorization, cookie } = await both();
      const get = (path: string, headers: Record<string, string>) =>
        fetch(demo.url + path, { headers, redirect: 'manual' });
      for (const path of ['/api/profile', '/API/devices', '/meveto/session']) {
        expect([path, (await get(path, { authorization, cookie })).status]).toEqual([path, 200]);
      }
      expect((await get('/meveto/session', { authorization: 'Bearer junk', cookie })).status).not.toBe(500);
      expect((await get('/api/profile', { authorization: 'Bearer junk', cookie })).status).toBe(401);
      expect((await get('/api/profile', { cookie })).status).toBe(401);
      const page = await get('/profile', { authorization, cookie, accept: 'text/html' });
      expect([page.status, page.headers.get('location')]).toEqual([303, '/login']);
    });

    it('stays connected by the token', async () => {
      const { authorization, cookie } = await both();
      const token = authorization.slice('Bearer '.length);
      const withToken = new LiveSocket(demo.url, { cookie, token });
      const without = new LiveSocket(demo.url, { cookie });
      try {
        await Promise.race([without.next('logged-out'), without.next('connect_error')]);
        await withToken.next('connect');
        await demo.logOut('carol');
        await withToken.next('logged-out');
        expect(withToken.events.slice(0, 2)).toEqual(['connect', 'logged-out']);
      } finally {
        withToken.close();
        without.close();
      }
    });
  });
});
