import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { readDemoConfig } from '../../apps/demo/src/config/demo-config.js';
import { MevetoOrigins } from '../../apps/demo/src/simulator/meveto-origins.js';
import { banner } from '../../apps/demo/src/startup/banner.js';
import { databaseKind } from '../support/database.js';
import { credentialsOf, DemoApp } from '../support/demo/demo-app.js';
import { request } from '../support/network/raw-request.js';
import { until } from '../support/until.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const SECRET_PATH = 'a-secret-path-of-the-demo-tests';

describe(`the demo's settings on ${databaseKind}`, () => {
  let demo: DemoApp;
  afterEach(() => demo.stop());

  const post = (path: string, body: object) =>
    fetch(demo.url + path, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
  const userOfTests = (number: number) => ({
    email: `user${String(number)}@example.com`,
    password: `user${String(number)}-demo-password`,
  });

  it('DEMO_USERS adds this many users to the three, and Meveto can log them out', async () => {
    demo = await DemoApp.start({ DEMO_USERS: '1500' });
    for (const number of [1, 750, 1_500]) {
      expect((await post('/api/tokens', userOfTests(number))).status).toBe(200);
    }
    expect((await post('/api/tokens', userOfTests(1_501))).status).toBe(401);
    expect((await post('/api/tokens', { ...userOfTests(2), password: 'user1-demo-password' })).status).toBe(
      401,
    );
    expect((await post('/api/tokens', credentialsOf('carol'))).status).toBe(200);

    const answer = await post('/api/tokens', userOfTests(1_500));
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const profile = () => fetch(`${demo.url}/api/profile`, { headers: { authorization: `Bearer ${token}` } });
    expect((await profile()).status).toBe(200);
    await demo.logOut('user1500');
    expect((await profile()).status).toBe(401);
  });

  it('PUBLIC_URL is the origin to which Meveto redirects, and makes cookies Secure', async () => {
    demo = await DemoApp.start({ PUBLIC_URL: 'https://demo.example.com' });
    const headers = { 'x-forwarded-proto': 'https' };
    const start = await fetch(`${demo.url}/meveto/login`, { headers, redirect: 'manual' });
    const to = new URL(start.headers.get('location') ?? '');
    expect(to.searchParams.get('redirect_uri')).toBe('https://demo.example.com/meveto/redirect');
    expect(start.headers.getSetCookie().join()).toMatch(/; Secure/i);
  });

  it('without PUBLIC_URL only a loopback host is accepted, and the answer says so', async () => {
    demo = await DemoApp.start();
    const address = new URL(demo.url);
    address.hostname = 'localhost';
    const start = await fetch(new URL('/meveto/login', address), { redirect: 'manual' });
    const to = new URL(start.headers.get('location') ?? '');
    expect(to.searchParams.get('redirect_uri')).toBe(`${address.origin}/meveto/redirect`);

    const foreign = await request('GET', `${demo.url}/meveto/login`, { host: 'demo.example.com' });
    expect(foreign.status).toBeGreaterThanOrEqual(400);
    expect(foreign.text).toContain('PUBLIC_URL');
    expect(foreign.headers.location).toBeUndefined();
  });

  it('MEVETO_WEBHOOK_SECRET_PATH is the only path of the webhook', async () => {
    demo = await DemoApp.start({ MEVETO_WEBHOOK_SECRET_PATH: SECRET_PATH });
    const token = demo.meveto.issueUserToken('meveto-bob');
    const webhook = { type: 'User_Logged_Out', user_token: token };
    const bob = await demo.loggedIn('bob');
    for (const path of [
      '',
      `/${SECRET_PATH.slice(1)}`,
      `/${SECRET_PATH}x`,
      `/${SECRET_PATH.toUpperCase()}`,
    ]) {
      expect([path, (await post(`/meveto/webhook${path}`, webhook)).status]).toEqual([path, 404]);
    }
    expect((await bob.get('/profile')).status).toBe(200);
    expect((await post(`/meveto/webhook/${SECRET_PATH}`, webhook)).status).toBe(202);
    await until('bob is logged out', async () => (await bob.get('/profile')).status === 303);
  });

  it('MEVETO_WEBHOOK_SECRET_PATH is never printed, neither at start nor for webhooks', async () => {
    let output = '';
    const watch = (stream: NodeJS.WriteStream) =>
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        output += String(chunk);
        return true;
      });
    const watched = [watch(process.stdout), watch(process.stderr)];
    try {
      demo = await DemoApp.start({ MEVETO_WEBHOOK_SECRET_PATH: SECRET_PATH });
      output += banner(
        readDemoConfig({ MEVETO_WEBHOOK_SECRET_PATH: SECRET_PATH }),
        demo.app.get(MevetoOrigins),
      );
      for (const body of ['{"type":"User_Logged_Out","user_token":"forged"}', '{"type":', '[]']) {
        await fetch(`${demo.url}/meveto/webhook/${SECRET_PATH}`, {
          method: 'POST',
          headers: JSON_TYPE,
          body,
        });
      }
      await fetch(`${demo.url}/meveto/webhook/${SECRET_PATH}`);
      await fetch(`${demo.url}/meveto/webhook/${SECRET_PATH}/x`, { method: 'POST' });
      new Logger('Demo').warn('the end of this test');
    } finally {
      for (const each of watched) each.mockRestore();
    }
    // The test does see lines of the demo's logger.
    expect(output).toContain('the end of this test');
    expect(output).not.toContain(SECRET_PATH);
  });
});
