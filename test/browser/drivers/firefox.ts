import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Browser, type BrowserContext, launch, type Page } from 'puppeteer-core';
import type {
  Answer,
  Cookie,
  PostOptions,
  Profile,
  Tab,
  TestBrowser,
  Viewport,
} from '../../support/browser/tab.js';
import { FirefoxTab } from './firefox-tab.js';

const FIREFOX = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr';
const CLOSES_WITHIN_MS = 10_000;

/** Starts Firefox and drives it over WebDriver BiDi. Playwright cannot: it needs newer commands than Firefox ESR has. */
export async function launchFirefox(): Promise<TestBrowser> {
  if (!existsSync(FIREFOX)) throw new Error(`No Firefox at ${FIREFOX}. Install it, or set FIREFOX_PATH.`);
  return new Firefox(await launch({ browser: 'firefox', executablePath: FIREFOX, defaultViewport: null }));
}

class Firefox implements TestBrowser {
  constructor(private readonly browser: Browser) {}

  async newContext({ viewport }: { viewport?: Viewport } = {}): Promise<Profile> {
    return new FirefoxProfile(await this.browser.createBrowserContext(), viewport);
  }

  /** A Firefox that does not answer any more, as on a starved machine, would keep the tests from ending. */
  async close(): Promise<void> {
    const closed = this.browser.close().catch(() => undefined);
    await Promise.race([closed, delay(CLOSES_WITHIN_MS, undefined, { ref: false })]);
    this.browser.process()?.kill('SIGKILL');
  }
}

class FirefoxProfile implements Profile {
  #isOffline = false;

  constructor(
    private readonly context: BrowserContext,
    private readonly viewport: Viewport | undefined,
  ) {}

  readonly request = { post: (url: string, options: PostOptions) => this.#post(url, options) };

  async newPage(): Promise<Tab> {
    const page = await this.context.newPage();
    if (this.viewport !== undefined) await page.setViewport(this.viewport);
    if (this.#isOffline) await page.setOfflineMode(true);
    return new FirefoxTab(page);
  }

  async cookies(url: string): Promise<Cookie[]> {
    const { hostname } = new URL(url);
    return (await this.context.cookies()).filter(({ domain }) => domain === hostname);
  }

  async addCookies(cookies: readonly (Cookie & { readonly url: string })[]): Promise<void> {
    await this.context.setCookie(
      ...cookies.map(({ name, value, url }) => ({ name, value, domain: new URL(url).hostname })),
    );
  }

  async setOffline(isOffline: boolean): Promise<void> {
    this.#isOffline = isOffline;
    const pages: Page[] = await this.context.pages();
    await Promise.all(pages.map((page) => page.setOfflineMode(isOffline)));
  }

  close(): Promise<void> {
    return this.context.close();
  }

  /** Keeps the names and values of the answer's cookies, but not their attributes. */
  async #post(url: string, { data, headers }: PostOptions): Promise<Answer> {
    const cookies = await this.cookies(url);
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
        ...headers,
      },
      body: JSON.stringify(data),
    });
    const set = response.headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line) ?? []);
    await this.addCookies(set.map(([, name = '', value = '']) => ({ name, value, url })));
    return { ok: () => response.ok, status: () => response.status, text: () => response.text() };
  }
}
