import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { credentialsOf, DemoApp, type DemoBrowser } from '../support/demo/demo-app.js';

const SESSION_COOKIE = 'connect.sid';
const idOf = (browser: DemoBrowser) => browser.cookies.get(SESSION_COOKIE);

describe(`the demo's connect page on ${databaseKind}`, () => {
  let demo: DemoApp;
  beforeEach(async () => {
    demo = await DemoApp.start();
  });
  afterEach(() => demo.stop());

  /** A user that only Meveto knows, on the connect page. */
  async function daveOnConnectPage(browser = demo.browser()): Promise<DemoBrowser> {
    const answer = await browser.loginWithMeveto(demo.meveto, 'meveto-dave');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/meveto/connect');
    return browser;
  }
  /** Removes the Meveto ID from an account, as when the user stops using Meveto with it. */
  async function unlink(name: string): Promise<void> {
    await demo.meveto.removeProtection(`meveto-${name}`, 'demo-client');
    for (;;) {
      const page = await (await (await demo.loggedIn(name)).get('/profile')).text();
      if (page.includes('not linked')) return;
    }
  }

  it('links the Meveto ID after a login to the account, logs in, and does not ask again', async () => {
    await unlink('carol');
    const browser = await daveOnConnectPage();
    expect((await browser.get('/profile')).status).toBe(303);
    const page = await browser.get('/meveto/connect');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Connect your account');

    const answer = await browser.post('/meveto/connect', credentialsOf('carol'));
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/profile']);
    expect(await (await browser.get('/profile')).text()).toContain('Carol');

    const later = demo.browser();
    expect((await later.loginWithMeveto(demo.meveto, 'meveto-dave')).headers.get('location')).toBe(
      '/profile',
    );
    await demo.logOut('dave');
    for (const each of [browser, later]) expect((await each.get('/profile')).status).toBe(303);
  });

  it('renews the session id before and after, and accepts the pending Meveto ID once', async () => {
    await unlink('carol');
    const browser = demo.browser();
    const path = await browser.authorizeAt(demo.meveto, 'meveto-dave');
    const before = idOf(browser);
    await browser.get(path);
    const pending = demo.browser();
    pending.cookies.set(SESSION_COOKIE, idOf(browser) ?? '');
    expect(idOf(browser)).not.toBe(before);
    await browser.post('/meveto/connect', credentialsOf('carol'));
    expect(idOf(browser)).not.toBe(pending.cookies.get(SESSION_COOKIE));
    for (const old of [before ?? '', pending.cookies.get(SESSION_COOKIE) ?? '']) {
      const thief = demo.browser();
      thief.cookies.set(SESSION_COOKIE, old);
      expect((await thief.post('/meveto/connect', credentialsOf('bob'))).status).toBe(400);
    }
    expect((await browser.post('/meveto/connect', credentialsOf('bob'))).status).toBe(400);
  });

  it('refuses a wrong password, and lets the user try again', async () => {
    await unlink('carol');
    const browser = await daveOnConnectPage();
    const wrong = await browser.post('/meveto/connect', { ...credentialsOf('carol'), password: 'no' });
    expect(wrong.status).toBe(401);
    expect(await wrong.text()).toContain('Email or password is wrong.');
    expect((await browser.post('/meveto/connect', { email: 'carol@example.com' })).status).toBe(400);
    expect((await browser.post('/meveto/connect', credentialsOf('carol'))).status).toBe(303);
  });

  it('replaces the Meveto account of a linked account only after a confirmation', async () => {
    const browser = await daveOnConnectPage();
    const asked = await browser.post('/meveto/connect', credentialsOf('carol'));
    expect(asked.status).toBe(409);
    expect(await asked.text()).toContain('name="replace"');
    expect((await browser.get('/profile')).status).toBe(303);
    const confirmed = await browser.post('/meveto/connect', { ...credentialsOf('carol'), replace: 'yes' });
    expect(confirmed.status).toBe(303);
    const answer = await demo.browser().loginWithMeveto(demo.meveto, 'meveto-carol');
    expect(answer.headers.get('location')).toBe('/meveto/connect');
  });

  it('reports when another account got the Meveto ID meanwhile, and links one account only', async () => {
    await unlink('carol');
    await unlink('bob');
    const [first, second] = [await daveOnConnectPage(), await daveOnConnectPage()] as const;
    const answers = await Promise.all([
      first.post('/meveto/connect', credentialsOf('carol')),
      second.post('/meveto/connect', credentialsOf('bob')),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409]);
    const loser = answers[0].status === 409 ? answers[0] : answers[1];
    expect(await loser.text()).toContain('Another account of this application');
  });

  it('refuses a form of another site, and a form without a preceding login with Meveto', async () => {
    await unlink('carol');
    const browser = await daveOnConnectPage();
    const foreign = { origin: 'https://evil.example' };
    expect((await browser.post('/meveto/connect', credentialsOf('carol'), foreign)).status).toBe(403);
    const stranger = demo.browser();
    expect((await stranger.get('/meveto/connect')).status).toBe(400);
    expect((await stranger.post('/meveto/connect', credentialsOf('carol'))).status).toBe(400);
  });

  it('accepts a login that returns from Meveto only once', async () => {
    const browser = demo.browser();
    const path = await browser.authorizeAt(demo.meveto, 'meveto-dave');
    expect((await browser.get(path)).status).toBe(303);
    expect((await browser.get(path)).status).toBe(400);
  });

  it('keeps an existing login by password in the session', async () => {
    const browser = await daveOnConnectPage(await demo.loggedIn('bob'));
    expect((await browser.get('/profile')).status).toBe(200);
  });

  it('does not log in a Meveto ID that was logged out between the Meveto login and the password', async () => {
    await unlink('carol');
    const browser = await daveOnConnectPage();
    await demo.logOut('dave'); // no account has this Meveto ID yet
    const answer = await browser.post('/meveto/connect', credentialsOf('carol'));
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('Please log in again');
    expect((await browser.get('/profile')).status).toBe(303);
    const again = await demo.browser().loginWithMeveto(demo.meveto, 'meveto-dave');
    expect(again.headers.get('location')).toBe('/profile');
  });

  it('does not log in an account that was logged out between the Meveto login and the password', async () => {
    const browser = await daveOnConnectPage();
    await demo.logOut('carol');
    const answer = await browser.post('/meveto/connect', { ...credentialsOf('carol'), replace: 'yes' });
    expect(answer.status).toBe(409);
    expect((await browser.get('/profile')).status).toBe(303);
  });
});
