import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { DemoProcess } from '../support/demo/demo-process.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const SCREENSHOT = 'docs/images/logout.png';
const SIZE = { width: 760, height: 620 };

describe('in a real browser', () => {
  let demo: DemoProcess;
  let browser: Browser;
  beforeAll(async () => {
    if (!existsSync(CHROMIUM))
      throw new Error(`No Chromium at ${CHROMIUM}. Install it, or set CHROMIUM_PATH.`);
    demo = await DemoProcess.start();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic'] });
  });
  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  it('"Log out" on the dashboard sends two open tabs to the login page within a second', async () => {
    const context = await browser.newContext({ viewport: SIZE });
    const tabs = [await openProfile(context, demo), await openProfile(context, demo)] as const;
    const dashboard = await context.newPage();
    await dashboard.goto(demo.simulatorUrl);
    const [before] = await Promise.all([sideBySide(browser, dashboard, tabs[0])]);
    const cookies = await context.cookies(demo.url);

    const arrivals = tabs.map((tab) =>
      tab.waitForURL(`${demo.url}/login`, { timeout: 5_000 }).then(() => performance.now()),
    );
    const pressedAt = performance.now();
    await dashboard.getByRole('button', { name: 'Log out', exact: true }).first().click();
    for (const arrivedAt of await Promise.all(arrivals)) expect(arrivedAt - pressedAt).toBeLessThan(1_000);
    for (const tab of tabs)
      await tab.getByRole('link', { name: /login with meveto/i }).waitFor({ timeout: 1_000 });

    const old = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const refused = await fetch(`${demo.url}/api/profile`, { headers: { cookie: old } });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ reason: 'logged-out' });

    await dashboard.reload();
    await picture(browser, before, await sideBySide(browser, dashboard, tabs[0]));
    await context.close();
  });

  it('the same user can log in again at once, and the back button shows no earlier page', async () => {
    const context = await browser.newContext({ viewport: SIZE });
    const tab = await openProfile(context, demo);
    const dashboard = await context.newPage();
    await dashboard.goto(demo.simulatorUrl);
    await dashboard.getByRole('button', { name: 'Log out', exact: true }).first().click();
    await tab.waitForURL(`${demo.url}/login`);
    await tab.goBack({ waitUntil: 'load' }).catch(() => null);
    await tab.waitForLoadState('networkidle');
    expect(tab.url()).not.toBe(`${demo.url}/profile`);
    expect(await tab.getByText('Logged in since').count()).toBe(0);
    await loginWithMeveto(tab, demo);
    await tab.locator('[data-live="connected"]').waitFor({ timeout: 5_000 });
    await context.close();
  });
});

/** A tab on the profile page, logged in with Meveto and connected. */
async function openProfile(context: BrowserContext, demo: DemoProcess): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(`${demo.url}/profile`);
  if (!tab.url().endsWith('/profile')) await loginWithMeveto(tab, demo);
  await tab.locator('[data-live="connected"]').waitFor({ timeout: 5_000 });
  return tab;
}

async function loginWithMeveto(tab: Page, demo: DemoProcess): Promise<void> {
  await tab.goto(`${demo.url}/login`);
  await tab.getByRole('link', { name: /login with meveto/i }).click();
  await tab.waitForLoadState();
  if (tab.url().startsWith(demo.simulatorUrl))
    await tab.getByRole('button', { name: 'Continue as Alice' }).click();
  await tab.waitForURL(`${demo.url}/profile`, { timeout: 5_000 });
}

interface Pair {
  readonly dashboard: string;
  readonly demo: string;
}

async function sideBySide(_browser: Browser, dashboard: Page, demo: Page): Promise<Pair> {
  const shot = async (page: Page) => `data:image/png;base64,${(await page.screenshot()).toString('base64')}`;
  return { dashboard: await shot(dashboard), demo: await shot(demo) };
}

/** The README's picture: dashboard and demo side by side, before and after the logout. */
async function picture(browser: Browser, before: Pair, after: Pair): Promise<void> {
  if (process.env['UPDATE_SCREENSHOT'] === undefined) return;
  const page = await browser.newPage({ viewport: { width: 2 * SIZE.width + 60, height: 1_400 } });
  const row = (title: string, { dashboard, demo }: Pair) =>
    `<h2>${title}</h2><div><img src="${dashboard}"><img src="${demo}"></div>`;
  await page.setContent(
    `<style>body{font:16px system-ui;margin:0;padding:20px;background:#e9ecf1;width:max-content}h2{margin:8px 0;color:#333}
      div{display:flex;gap:20px;margin-bottom:16px}img{width:${String(SIZE.width)}px;border-radius:8px;box-shadow:0 2px 10px #0003}</style>
      ${row('Meveto’s dashboard (simulated), and the application', before)}
      ${row('A moment after “Log out”: the application’s page has left by itself', after)}`,
  );
  await page.locator('body').screenshot({ path: SCREENSHOT });
  await page.close();
}
