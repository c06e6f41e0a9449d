import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Profile, Tab } from '../support/browser/tab.js';
import { addressOf, DemoBrowser, untilLive } from '../support/demo/demo-browser.js';
import { PageProxy } from '../support/network/page-proxy.js';
import { until } from '../support/until.js';
import { BROWSERS } from './drivers/browsers.js';

/** `SCREENSHOTS=<folder> npm run test:browser -- test/browser/devices` saves pictures of the pages. */
const SCREENSHOTS = process.env['SCREENSHOTS'];

/** Addresses of Socket.IO. */
const LIVE = /EIO=/;

describe.each(BROWSERS)('in $name, the page of devices', ({ name, launch }) => {
  let world: DemoBrowser;
  let here: Profile;
  let elsewhere: Profile;
  beforeAll(async () => {
    world = await DemoBrowser.start(launch);
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    [here, elsewhere] = [await world.browser.newContext(), await world.browser.newContext()];
    await world.logIn(here, 'alice');
  });
  afterEach(async () => {
    await here.close();
    await elsewhere.close();
  });

  async function picture(tab: Tab, page: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    await tab.screenshot({ path: join(SCREENSHOTS, `${page}-${name.toLowerCase()}.png`), fullPage: true });
  }

  async function openDevices(): Promise<Tab> {
    const tab = await here.newPage();
    await tab.goto(`${world.demo.url}/devices`);
    await untilLive(tab);
    return tab;
  }
  const rowsOf = (tab: Tab) => tab.locator('#devices > li');
  const untilRows = (tab: Tab, count: number) =>
    until(`${String(count)} devices are listed`, async () => (await rowsOf(tab).count()) === count, 10_000);

  it('shows a login elsewhere and its end without a reload', async () => {
    const tab = await openDevices();
    await untilRows(tab, 1);
    await tab.evaluate(() => (document.documentElement.dataset['mark'] = 'the same page'));
    await world.logIn(elsewhere, 'alice');
    await untilRows(tab, 2);
    expect(await rowsOf(tab).nth(0).getByText('this one').count()).toBe(1);
    // Times are in this browser's own zone, also in rows that were added later.
    expect(await rowsOf(tab).nth(1).locator('time').textContent()).not.toContain('T');
    await picture(tab, 'devices');
    const issued = await elsewhere.request.post(`${world.demo.url}/api/tokens`, {
      data: { email: 'alice@example.com', password: 'alice-demo-password' },
    });
    expect(issued.ok()).toBe(true);
    await untilRows(tab, 3);
    const token = tab.locator('#devices > li[data-kind="token"]');
    expect(await token.getByText('Access token').count()).toBe(1);
    await token.getByRole('button').click();
    await untilRows(tab, 2);
    await tab.evaluate(() => (document.documentElement.dataset['mark'] = 'the same page'));
    const out = await elsewhere.newPage();
    await out.goto(`${world.demo.url}/profile`);
    await out.getByRole('button', { name: 'Log out here only' }).click();
    await out.waitForURL(/\/login$/);
    // Only a visible page asks for the list.
    await tab.bringToFront();
    await untilRows(tab, 1);
    expect(await tab.evaluate(() => document.documentElement.dataset['mark'])).toBe('the same page');
  });

  it('signs another browser out by a button', async () => {
    await world.logIn(here, 'bob');
    await world.logIn(elsewhere, 'bob');
    const theirs = await world.openProfile(elsewhere);
    const tab = await openDevices();
    await untilRows(tab, 2);
    await rowsOf(tab).nth(1).getByRole('button').click();
    await untilRows(tab, 1);
    expect(await addressOf(tab)).toBe(`${world.demo.url}/devices`);
    await theirs.reload();
    await theirs.waitForURL(`${world.demo.url}/login`, { timeout: 5_000 });
  });

  it('leaves at once after a logout on the Meveto dashboard', async () => {
    const tab = await openDevices();
    const pressedAt = performance.now();
    await world.logOut('alice');
    await tab.waitForURL(/\/login$/, { timeout: 5_000 });
    expect(performance.now() - pressedAt).toBeLessThan(2_000);
  });

  it('leaves after a logout that no live connection reported', async () => {
    const proxy = await PageProxy.start(world.demo.url);
    try {
      proxy.refuse(LIVE);
      const tab = await here.newPage();
      await tab.goto(`${proxy.url}/devices`);
      await world.logOut('alice');
      await tab.waitForURL(/\/login$/, { timeout: 8_000 });
      expect(proxy.refusedCount).toBeGreaterThan(0);
    } finally {
      await proxy.stop();
    }
  });

  it('follows the page that connects an unknown Meveto ID to an account', async () => {
    const stranger = await world.browser.newContext();
    const tab = await stranger.newPage();
    await tab.goto(`${world.demo.url}/login`);
    await tab.getByRole('link', { name: /login with meveto/i }).click();
    await picture(tab, 'chooser');
    await tab.getByRole('button', { name: /dave/i }).click();
    await tab.waitForURL(`${world.demo.url}/meveto/connect`);
    await picture(tab, 'connect');
    const prove = async () => {
      await tab.getByLabel('Email').fill('carol@example.com');
      await tab.getByLabel('Password').fill('carol-demo-password');
      const replace = tab.getByRole('checkbox');
      if ((await replace.count()) > 0) await replace.check();
      await tab.getByRole('button', { name: 'Connect' }).click();
    };
    await prove();
    // Carol's account was linked to another Meveto account: the page asks whether to replace the link.
    await tab.getByRole('alert').waitFor();
    await picture(tab, 'connect-replace');
    await prove();
    await tab.waitForURL(`${world.demo.url}/profile`);
    await untilLive(tab);
    await tab.goto(`${world.demo.url}/devices`);
    await untilRows(tab, 1);
    await world.meveto.logOut('meveto-dave', 'browser-tests');
    await tab.waitForURL(/\/login$/, { timeout: 5_000 });
    await stranger.close();
  });

  it('looks like the other pages', async () => {
    const stranger = await world.browser.newContext();
    for (const [page, context, path] of [
      ['home', stranger, '/'],
      ['login', stranger, '/login'],
      ['missing', stranger, '/there-is-no-such-page'],
      ['profile', here, '/profile'],
    ] as const) {
      const tab = await context.newPage();
      await tab.goto(world.demo.url + path);
      expect(await tab.locator('h1').count()).toBe(1);
      await picture(tab, page);
    }
    const tab = await stranger.newPage();
    await tab.goto(world.meveto.url);
    await picture(tab, 'dashboard');
    await stranger.close();
  });
});
