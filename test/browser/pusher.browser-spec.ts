import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header } from '@nestjs/common';
import express from 'express';
import { pusher } from 'nestjs-meveto-logout/pusher';
import type { Tab, TestBrowser } from '../support/browser/tab.js';
import { addressOf } from '../support/demo/demo-browser.js';
import { PusherStandIn } from '../support/live/pusher-stand-in.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';
import { BROWSERS } from './drivers/browsers.js';

const PACKAGE = 'dist/compiled';

/** A page of an application without a bundler. */
@Controller()
class PageController {
  @Get('inbox')
  @Header('Content-Type', 'text/html')
  show(): string {
    return `<!doctype html><title>Inbox</title><h1>Inbox</h1><p id="live"></p>
      <script src="/pusher-js/pusher.min.js"></script>
      <script type="module">
        import { connectMevetoLogout } from '/meveto/client.mjs';
        import { pusherTransport } from '/package/client/pusher.js';
        connectMevetoLogout({
          transport: pusherTransport(Pusher),
          onStateChange: (state) => { document.getElementById('live').textContent = state; },
        });
      </script>`;
  }
}

describe.each(BROWSERS)('Pusher in $name', ({ launch }) => {
  let world: World;
  let standIn: PusherStandIn;
  let host: HostClient;
  let browser: TestBrowser;
  beforeAll(async () => {
    if (!existsSync(`${PACKAGE}/client/pusher.js`))
      throw new Error(`${PACKAGE}/client/pusher.js is not there. Run \`npm run build:lib\` first.`);
    world = await World.create();
    standIn = await PusherStandIn.start();
    const { appId, key, secret, port } = standIn;
    host = await world.start({
      adapter: 'express',
      users: [
        { id: 1, mevetoId: 'm-1' },
        { id: 2, mevetoId: 'm-2' },
      ],
      extras: { livePush: pusher({ appId, key, secret, host: '127.0.0.1', port, useTLS: false }) },
      metadata: { controllers: [PageController] },
      configure: (app) => {
        app.use('/pusher-js', express.static('node_modules/pusher-js/dist/web'));
        // The client imports the protocol that server and browser share.
        app.use('/package', express.static(PACKAGE));
      },
    });
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await world.end();
    await standIn.stop();
  });

  async function openPage(): Promise<Tab> {
    const context = await browser.newContext();
    const cookie = await host.login(1);
    const [name = '', value = ''] = cookie.split('=', 2);
    await context.addCookies([{ name, value, url: host.url }]);
    const page = await context.newPage();
    await page.goto(`${host.url}/inbox`);
    await page.getByText('connected', { exact: true }).waitFor({ timeout: 5_000 });
    return page;
  }

  it('sends every page of the user to the login page within a second, and keeps a later session', async () => {
    const pages = [await openPage(), await openPage()];
    const arrivals = pages.map((page) =>
      page.waitForURL(`${host.url}/login`, { timeout: 5_000 }).then(() => performance.now()),
    );
    const loggedOutAt = performance.now();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    for (const arrivedAt of await Promise.all(arrivals)) expect(arrivedAt - loggedOutAt).toBeLessThan(1_000);

    const later = await openPage();
    for (const event of standIn.published) standIn.deliver(event);
    await host.webhook(world.meveto.issueUserToken('m-2'));
    await until('the other logout was published', () => standIn.published.length === 2);
    expect(await addressOf(later)).toBe(`${host.url}/inbox`);
    expect(await later.locator('#live').textContent()).toBe('connected');
  });

  it('stays while Pusher does not answer, and notices a logout when Pusher is back', async () => {
    const page = await openPage();
    const { port } = standIn;
    await standIn.stop();
    await page.getByText('offline', { exact: true }).waitFor({ timeout: 5_000 });
    expect(await addressOf(page)).toBe(`${host.url}/inbox`);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    standIn = await PusherStandIn.start(port);
    await page.waitForURL(`${host.url}/login`, { timeout: 40_000 });
  });
});
