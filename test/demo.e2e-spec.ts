import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseKind } from './support/database.js';
import { credentialsOf, DemoApp } from './support/demo-app.js';

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

  it('tells why an access token is refused', async () => {
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

  it('logs one person in 200 times at once, and takes webhooks meanwhile', async () => {
    const body = JSON.stringify(credentialsOf('bob'));
    const login = () => send('/login', body, { ...JSON_TYPE, accept: 'application/json' });
    const call = () => {
      const user_token = demo.meveto.issueUserToken('meveto-carol');
      return send('/meveto/webhook', JSON.stringify({ type: 'User_Logged_Out', user_token }), JSON_TYPE);
    };
    const logins = Promise.all(Array.from({ length: 200 }, login));
    const calls = Promise.all(Array.from({ length: 20 }, call));
    expect(new Set((await logins).map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set((await calls).map(({ status }) => status))).toEqual(new Set([202]));
  });
});
