import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Profile, Tab } from '../support/browser/tab.js';
import { DemoBrowser, untilLive } from '../support/demo/demo-browser.js';
import { PageProxy } from '../support/network/page-proxy.js';
import { until } from '../support/until.js';
import { BROWSERS } from './drivers/browsers.js';

/** A page without modules: a form with unsaved work, and a beforeunload dialog. */
const FORM = `<!doctype html><title>Form</title><body style="display:flex">
<form method="post" action="/own/sent"><textarea name="text"></textarea><button>Send</button></form>
<script src="/socket.io/socket.io.js"></script><script src="/meveto/client.js"></script><script src="/own/form.js"></script>`;
const FORM_SCRIPT = `document.querySelector('textarea').addEventListener('input', () => {
  addEventListener('beforeunload', (event) => event.preventDefault());
});
MevetoLogout.connectMevetoLogout({
  io,
  texts: { 'logged-out': '<b>Abgemeldet</b>' },
  onStateChange: (state) => (document.documentElement.dataset.live = state),
  beforeLeave: async ({ reason }) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    localStorage.setItem('draft', reason + ': ' + document.querySelector('textarea').value);
  },
});`;

/** A page whose service worker caches its content, and deletes the cache as `docs/browser.md` describes. */
const WORKED = `<!doctype html><title>Worked</title><p>protected</p>
<script src="/socket.io/socket.io.js"></script><script src="/meveto/client.js"></script><script src="/own/worked.js"></script>`;
const WORKED_SCRIPT = `navigator.serviceWorker.register('/own/worker.js');
navigator.serviceWorker.ready.then(() => document.documentElement.dataset.worker = 'ready');
MevetoLogout.connectMevetoLogout({
  io,
  onStateChange: (state) => (document.documentElement.dataset.live = state),
  beforeLeave: () => caches.delete('my-app'),
});`;
/** Network first, then the cache; passes a 401 through. */
const WORKER = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (!new URL(event.request.url).pathname.startsWith('/own/')) return;
  event.respondWith((async () => {
    const cache = await caches.open('my-app');
    try {
      const answer = await fetch(event.request);
      if (answer.ok) await cache.put(event.request, answer.clone());
      return answer;
    } catch {
      return (await cache.match(event.request)) ?? Response.error();
    }
  })());
});`;

/** Addresses of Socket.IO. */
const LIVE = /EIO=/;

/** Records, after the client's own handlers, how a restored page looks. */
const NOTE = () => {
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    sessionStorage.setItem('persisted', 'true');
    sessionStorage.setItem('shown', getComputedStyle(document.body).display);
    sessionStorage.setItem('inert', String(document.body.inert));
  });
};
const noted = (tab: Tab): Promise<(string | null)[]> =>
  tab.evaluate(() => ['persisted', 'shown', 'inert'].map((key) => sessionStorage.getItem(key)));

describe.each(BROWSERS)('in $name, a page', ({ name, launch }) => {
  let world: DemoBrowser;
  let proxy: PageProxy;
  let context: Profile;
  beforeAll(async () => {
    world = await DemoBrowser.start(launch);
    proxy = await PageProxy.start(world.demo.url, {
      pages: {
        '/own/form': { type: 'text/html', content: FORM },
        '/own/form.js': { type: 'text/javascript', content: FORM_SCRIPT },
        '/own/worked': { type: 'text/html', content: WORKED },
        '/own/worked.js': { type: 'text/javascript', content: WORKED_SCRIPT },
        '/own/worker.js': { type: 'text/javascript', content: WORKER },
        '/own/elsewhere': { type: 'text/html', content: '<title>Elsewhere</title>' },
      },
    });
  });
  afterAll(async () => {
    await proxy.stop();
    await world.stop();
  });
  beforeEach(async () => {
    context = await world.browser.newContext();
    await world.logIn(context, 'alice', proxy.url);
  });
  afterEach(async () => {
    proxy.refuse();
    await context.close();
  });

  const open = async (isConnected: boolean): Promise<Tab> => {
    if (isConnected) return world.openProfile(context, proxy.url);
    proxy.refuse(LIVE);
    const tab = await context.newPage();
    await tab.goto(`${proxy.url}/profile`);
    await untilLive(tab, 'offline');
    return tab;
  };
  /** Firefox keeps no page that had a WebSocket when the user left it, even if the page closes it at `pagehide`. */
  const openAndGoElsewhere = async (isConnected = name !== 'Firefox'): Promise<Tab> => {
    const tab = await open(isConnected);
    // The first check names the session to the page. Only then can the page be hidden until the next check.
    await until('the first check', () =>
      tab.evaluate(() => performance.getEntriesByName(`${location.origin}/meveto/session`).length > 0),
    );
    await tab.evaluate(NOTE);
    await tab.goto(`${proxy.url}/own/elsewhere`);
    proxy.refuse();
    return tab;
  };
  const goBack = (tab: Tab): Promise<unknown> =>
    tab.evaluate(() => {
      history.back();
    });

  it('from the back/forward cache is hidden, and leaves when its session is over', async () => {
    const tab = await openAndGoElsewhere();
    await world.logOut('alice');
    await goBack(tab);
    await tab.waitForURL(/\/login$/, { timeout: 20_000 });
    expect(await noted(tab)).toEqual(['true', 'none', 'true']);
  });

  it('from the back/forward cache is shown again when its session is live, and notices the next logout', async () => {
    const tab = await openAndGoElsewhere();
    await goBack(tab);
    await until('the page is back', async () => (await noted(tab).catch(() => []))[0] === 'true');
    await tab.getByText('Logged in since').waitFor({ timeout: 10_000 });
    expect(await noted(tab)).toEqual(['true', 'none', 'true']);
    expect(await tab.evaluate(() => [document.body.inert, document.body.style.cssText])).toEqual([false, '']);
    await untilLive(tab);
    await world.logOut('alice');
    await tab.waitForURL(/\/login$/, { timeout: 5_000 });
  });

  if (name === 'Firefox')
    it('that was connected is loaded again when the user goes back, and not shown when its session is over', async () => {
      const tab = await openAndGoElsewhere(true);
      await world.logOut('alice');
      await goBack(tab);
      await tab.waitForURL(/\/login$/, { timeout: 20_000 });
      expect(await noted(tab)).toEqual([null, null, null]);
    });

  it('with a service worker leaves, and its cached copy is deleted', async () => {
    const tab = await context.newPage();
    await tab.goto(`${proxy.url}/own/worked`);
    await tab.locator('html[data-worker="ready"]').waitFor();
    // From now on the service worker answers.
    await tab.reload();
    await tab.locator('html[data-live="connected"]').waitFor();
    const kept = (page: Tab): Promise<boolean> => page.evaluate(() => caches.has('my-app'));
    expect(await kept(tab)).toBe(true);
    proxy.refuse(/./);
    await tab.reload();
    expect(await tab.getByText('protected').isVisible()).toBe(true);
    proxy.refuse();
    await tab.reload();
    await tab.locator('html[data-live="connected"]').waitFor();
    await world.logOut('alice');
    await tab.waitForURL(/\/login$/, { timeout: 5_000 });
    expect(await kept(tab)).toBe(false);
    proxy.refuse(/./);
    await expect(tab.goto(`${proxy.url}/own/worked`)).rejects.toThrow(/ERR_FAILED|NS_ERROR_/);
  });

  it('without modules keeps unsaved work before it leaves, and shows no beforeunload dialog', async () => {
    const tab = await context.newPage();
    const asked: string[] = [];
    tab.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    await tab.goto(`${proxy.url}/own/form`);
    await tab.locator('html[data-live="connected"]').waitFor();
    await tab.locator('textarea').click();
    await tab.keyboard.type('half a letter');
    const [cover] = await Promise.all([tab.getByRole('alert').textContent(), world.logOut('alice')]);
    expect(cover).toBe('<b>Abgemeldet</b>');
    expect(await tab.locator('textarea').isVisible()).toBe(false);
    await tab.waitForURL(/\/login$/, { timeout: 5_000 });
    expect(await tab.evaluate(() => localStorage.getItem('draft'))).toBe('logged-out: half a letter');
    expect(asked).toEqual([]);
  });
});
