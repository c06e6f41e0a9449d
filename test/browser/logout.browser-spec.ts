import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Profile, Tab, TestBrowser } from '../support/browser/tab.js';
import { addressOf } from '../support/demo/demo-browser.js';
import { DemoProcess } from '../support/demo/demo-process.js';
import { BROWSERS } from './drivers/browsers.js';

const SCREENSHOT = 'docs/images/logout.png';
const SIZE = { width: 760, height: 620 };

describe.each(BROWSERS)('in $name', ({ name, launch }) => {
  let demo: DemoProcess;
  let browser: TestBrowser;
  beforeAll(async () => {
    demo = await DemoProcess.start();
    browser = await launch();
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
    const [before] = await Promise.all([sideBySide(dashboard, tabs[0])]);
    const cookies = await context.cookies(demo.url);

    const arrivals = tabs.map((tab) =>
      tab.waitForURL(`${demo.url}/login`, { timeout: 5_000 }).then(() => performance.now()),
    );
    const button = dashboard.getByRole('button', { name: 'Log out', exact: true }).first();
    await button.waitFor();
    const pressedAt = performance.now();
    await button.click();
    for (const arrivedAt of await Promise.all(arrivals)) expect(arrivedAt - pressedAt).toBeLessThan(1_000);
    for (const tab of tabs)
      await tab.getByRole('link', { name: /login with meveto/i }).waitFor({ timeout: 1_000 });

    const old = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const refused = await fetch(`${demo.url}/api/profile`, { headers: { cookie: old } });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ reason: 'logged-out' });

    await dashboard.reload();
    if (name === 'Chromium') await picture(browser, before, await sideBySide(dashboard, tabs[0]));
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
    expect(await addressOf(tab)).not.toBe(`${demo.url}/profile`);
    expect(await tab.getByText('Logged in since').count()).toBe(0);
    await loginWithMeveto(tab, demo);
    await tab.locator('[data-live="connected"]').waitFor({ timeout: 5_000 });
    await context.close();
  });
});

/** A tab on the profile page, logged in with Meveto and connected. */
async function openProfile(context: Profile, demo: DemoProcess): Promise<Tab> {
  const tab = await context.newPage();
  await tab.goto(`${demo.url}/profile`);
  if (!(await addressOf(tab)).endsWith('/profile')) await loginWithMeveto(tab, demo);
  await tab.locator('[data-live="connected"]').waitFor({ timeout: 5_000 });
  return tab;
}

async function loginWithMeveto(tab: Tab, demo: DemoProcess): Promise<void> {
  await tab.goto(`${demo.url}/login`);
  await tab.getByRole('link', { name: /login with meveto/i }).click();
  await tab.waitForURL(new RegExp(`^${demo.simulatorUrl}|/profile$`));
  if ((await addressOf(tab)).startsWith(demo.simulatorUrl))
    await tab.getByRole('button', { name: 'Continue as Alice' }).click();
  await tab.waitForURL(`${demo.url}/profile`, { timeout: 5_000 });
}

interface Pair {
  readonly dashboard: string;
  readonly demo: string;
}

async function sideBySide(dashboard: Tab, demo: Tab): Promise<Pair> {
  const shot = async (page: Tab) => `data:image/png;base64,${(await page.screenshot()).toString('base64')}`;
  return { dashboard: await shot(dashboard), demo: await shot(demo) };
}

/** The README's picture: dashboard and demo side by side, before and after the logout. */
async function picture(browser: TestBrowser, before: Pair, after: Pair): Promise<void> {
  if (process.env['UPDATE_SCREENSHOT'] === undefined) return;
  // Low, so that the picture of the full page ends with its content.
  const context = await browser.newContext({ viewport: { width: 2 * SIZE.width + 60, height: 100 } });
  const page = await context.newPage();
  const row = (title: string, { dashboard, demo }: Pair) =>
    `<h2>${title}</h2><div><img src="${dashboard}"><img src="${demo}"></div>`;
  await page.setContent(
    `<style>body{font:16px system-ui;margin:0;padding:20px;background:#e9ecf1;width:max-content}h2{margin:8px 0;color:#333}
      div{display:flex;gap:20px;margin-bottom:16px}img{width:${String(SIZE.width)}px;border-radius:8px;box-shadow:0 2px 10px #0003}</style>
      ${row('Meveto’s dashboard (simulated), and the application', before)}
      ${row('A moment after “Log out”: the application’s page has left by itself', after)}`,
  );
  await page.screenshot({ path: SCREENSHOT, fullPage: true });
  await context.close();
}
