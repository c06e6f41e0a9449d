import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { MevetoSimulator } from 'nestjs-meveto-logout/testing';
import { DemoProcess } from './demo-process.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const CLIENT = { id: 'browser-tests', secret: 'browser-tests-secret-0123456789' };

export type DemoUser = 'alice' | 'bob' | 'carol';

/** Chromium, the compiled demo as a process, and Meveto in this process, so that tests can time its webhooks. */
export class DemoBrowser {
  private constructor(
    readonly browser: Browser,
    readonly demo: DemoProcess,
    readonly meveto: MevetoSimulator,
  ) {}

  static async start(): Promise<DemoBrowser> {
    const meveto = new MevetoSimulator({ retryDelayMs: 1_000 });
    await meveto.start();
    const demo = await DemoProcess.start({
      MEVETO_API_URL: meveto.url,
      MEVETO_DASHBOARD_URL: meveto.url,
      MEVETO_CLIENT_ID: CLIENT.id,
      MEVETO_CLIENT_SECRET: CLIENT.secret,
    });
    meveto.addApplication({
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      name: 'Demo',
      webhookUrl: `${demo.url}/meveto/webhook`,
      homeUrl: demo.url,
    });
    for (const user of ['alice', 'bob', 'carol'])
      meveto.addPerson({ mevetoId: `meveto-${user}`, name: user });
    return new DemoBrowser(await launchChromium(), demo, meveto);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.demo.stop();
    await this.meveto.stop();
  }

  /** Acts like "Log out" on the dashboard. */
  logOut(user: DemoUser): Promise<unknown> {
    return this.meveto.logOut(`meveto-${user}`, CLIENT.id);
  }

  logIn(context: BrowserContext, user: DemoUser, url = this.demo.url): Promise<void> {
    return logIn(context, user, url);
  }

  openProfile(context: BrowserContext, url = this.demo.url): Promise<Page> {
    return openProfile(context, url);
  }
}

export function launchChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`No Chromium at ${CHROMIUM}. Install it, or set CHROMIUM_PATH.`);
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-quic'],
    // Playwright disables the back/forward cache, which these tests need.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}

/** Logs this browser profile in, as another of its tabs would. */
export async function logIn(context: BrowserContext, user: DemoUser, url: string): Promise<void> {
  const response = await context.request.post(`${url}/login`, {
    data: { email: `${user}@example.com`, password: `${user}-demo-password` },
    headers: { accept: 'application/json' },
  });
  if (!response.ok()) throw new Error(`login: ${String(response.status())} ${await response.text()}`);
}

/** Opens a tab on the profile page and waits until it is connected. */
export async function openProfile(context: BrowserContext, url: string): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(`${url}/profile`);
  await untilLive(tab);
  return tab;
}

export const untilLive = (tab: Page, state = 'connected', timeout = 40_000): Promise<void> =>
  tab.locator(`[data-live="${state}"]`).waitFor({ timeout });
