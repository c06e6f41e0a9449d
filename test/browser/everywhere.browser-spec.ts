import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import type { Profile, Tab } from '../support/browser/tab.js';
import { launchChromium } from '../support/browser/chromium.js';
import { BareTab } from '../support/demo/bare-tab.js';
import { addressOf, DemoBrowser, untilLive } from '../support/demo/demo-browser.js';
import { letTimePass, staysTrue, until } from '../support/until.js';
import { BROWSERS } from './drivers/browsers.js';

const FROZEN_MS = 60_000;

/** Waits until a tab is on the login page. Returns the time. */
async function leaves(tab: Tab, timeout = 20_000): Promise<number> {
  await tab.waitForURL(/\/login$/, { timeout, waitUntil: 'commit' });
  return performance.now();
}

/** Marks the document, to distinguish it from one that is loaded later. */
const mark = (tab: Tab): Promise<void> =>
  tab.evaluate(() => {
    document.documentElement.dataset['mark'] = 'first';
  });
const isMarked = (tab: Tab): Promise<boolean> =>
  tab.evaluate(() => document.documentElement.dataset['mark'] === 'first');

/** Counts the WebSockets that scripts, which are loaded later, open. */
const COUNT_WEBSOCKETS = `void (window.WebSocket = class extends WebSocket {
  constructor(...all) {
    super(...all);
    webSockets += 1;
  }
}, webSockets = 0)`;

describe.each(BROWSERS)('in $name, a logout on the dashboard', ({ name, launch }) => {
  let world: DemoBrowser;
  let context: Profile;
  let frozen: Promise<FrozenTab> | undefined;
  beforeAll(async () => {
    world = await DemoBrowser.start(launch);
    // This takes a minute: the other tests run meanwhile. WebDriver BiDi has no command that freezes a tab.
    if (name === 'Chromium') frozen = freezeTab(world);
    frozen?.catch(() => undefined);
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    context = await world.browser.newContext();
  });
  afterEach(() => context.close());

  it('sends three tabs of one browser to the login page at once, which shows why', async () => {
    await world.logIn(context, 'alice');
    const tabs = [];
    for (let i = 0; i < 3; i += 1) tabs.push(await world.openProfile(context));
    const arrivals = tabs.map((tab) => leaves(tab));
    const at = performance.now();
    await world.logOut('alice');
    for (const arrivedAt of await Promise.all(arrivals)) expect(arrivedAt - at).toBeLessThan(2_000);
    for (const tab of tabs) {
      await tab.getByText('You logged out from your Meveto dashboard.').waitFor();
      await tab.goBack({ waitUntil: 'commit' }).catch(() => null);
      await tab.waitForLoadState();
      expect(await tab.getByText('Logged in since').count()).toBe(0);
    }
  });

  it('reaches a tab that was offline as soon as it is online again, and not before', async () => {
    await world.logIn(context, 'alice');
    const tab = await world.openProfile(context);
    await context.setOffline(true);
    await untilLive(tab, 'offline');
    await world.logOut('alice');
    await staysTrue('the tab stays', 2_000, async () => (await addressOf(tab)).endsWith('/profile'));
    expect(await tab.getByText('Logged in since').isVisible()).toBe(true);
    const at = performance.now();
    await context.setOffline(false);
    expect((await leaves(tab)) - at).toBeLessThan(5_000);
  });

  it('reloads a tab, and does not log it out, when another user has logged in in this browser', async () => {
    await world.logIn(context, 'alice');
    const tab = await world.openProfile(context);
    await tab.getByRole('heading', { name: 'Alice' }).waitFor();
    // The first check has named the user to the page.
    await letTimePass(1_500);
    await world.logIn(context, 'bob');
    await context.setOffline(true);
    await context.setOffline(false);
    await tab.getByRole('heading', { name: 'Bob' }).waitFor({ timeout: 20_000 });
    expect(await addressOf(tab)).toMatch(/\/profile$/);
    await untilLive(tab);
  });

  it('during a restart of the server is noticed afterwards; a restart alone logs no user out', async () => {
    await world.logIn(context, 'alice');
    const other = await world.browser.newContext();
    await world.logIn(other, 'bob');
    const [stays, goes] = [await world.openProfile(context), await world.openProfile(other)];
    await mark(stays);
    await world.demo.end();
    await untilLive(stays, 'offline');
    await world.logOut('bob');
    await world.demo.startAgain();
    await leaves(goes, 40_000);
    await untilLive(stays);
    expect(await isMarked(stays)).toBe(true);
    await other.close();
  });

  it('reaches a page soon after its login, although its Socket.IO connection is older than the login', async () => {
    const tab = await context.newPage();
    await tab.goto(`${world.demo.url}/login`);
    await tab.evaluate(COUNT_WEBSOCKETS);
    await tab.addScriptTag({ url: '/socket.io/socket.io.js' });
    await tab.evaluate('new Promise((done) => (window.own = io()).on("connect", done))');
    await world.logIn(context, 'alice');
    await tab.addScriptTag({ url: '/meveto/client.js' });
    await tab.evaluate('void (webSockets = 0)');
    const at = performance.now();
    await tab.evaluate(`new Promise((done) => MevetoLogout.connectMevetoLogout({
      io,
      onStateChange: (state) => state === 'connected' && done(),
    }))`);
    expect(performance.now() - at).toBeLessThan(5_000);
    expect(await tab.evaluate('webSockets')).toBe(1);
    expect(await tab.evaluate('own.connected')).toBe(true);
    await mark(tab);
    await world.logOut('alice');
    const isReplaced = () =>
      isMarked(tab).then(
        (isOld) => !isOld,
        () => false,
      );
    await until('the login page is loaded again', isReplaced, 5_000);
  });

  if (name === 'Chromium')
    it('reaches a tab that was frozen for a minute when it wakes up', async () => {
      expect(await frozen).toMatchObject({ path: '/profile', ticks: 0 });
      const { frozenMs = 0, leftAfterMs } = (await frozen) ?? {};
      expect(frozenMs).toBeGreaterThanOrEqual(FROZEN_MS);
      expect(leftAfterMs).toBeLessThan(5_000);
    }, 120_000);
});

interface FrozenTab {
  /** Path of the page and number of its timer's ticks before it was thawed. */
  readonly path: unknown;
  readonly ticks: unknown;
  readonly frozenMs: number;
  readonly leftAfterMs: number;
}

/** Carol's tab: frozen, logged out meanwhile, and thawed after a minute. */
async function freezeTab(world: DemoBrowser): Promise<FrozenTab> {
  const chromium = await launchChromium();
  const tab = await BareTab.open(chromium, `${world.demo.url}/login`);
  const isAt = (path: string) => async () =>
    (await tab.evaluate('document.readyState === "complete" && location.pathname')) === path;
  await until('the login page', isAt('/login'), 20_000);
  const form = { email: 'carol@example.com', password: 'carol-demo-password' };
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(form),
  };
  await tab.evaluate(`fetch('/login', ${JSON.stringify(request)}).then(() => location.assign('/profile'))`);
  const isLive = () => tab.evaluate("document.querySelector('[data-live=connected]') !== null");
  await until('the live connection', isLive, 20_000);

  await tab.evaluate('void ((ticks = 0), setInterval(() => (ticks += 1), 100))');
  await tab.send('Page.setWebLifecycleState', { state: 'frozen' });
  const ticksBefore = Number(await tab.evaluate('ticks'));
  const frozenAt = performance.now();
  await world.logOut('carol');
  await letTimePass(FROZEN_MS);
  const path = await tab.evaluate('location.pathname');
  const ticks = Number(await tab.evaluate('ticks')) - ticksBefore;
  const thawedAt = performance.now();
  await tab.send('Page.setWebLifecycleState', { state: 'active' });
  await until('the frozen tab leaves', isAt('/login'), 30_000);
  const leftAfterMs = performance.now() - thawedAt;
  await chromium.close();
  return { path, ticks, frozenMs: thawedAt - frozenAt, leftAfterMs };
}
