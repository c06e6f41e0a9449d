import type { Dialog, Moment, Tab, Timeout } from '../../support/browser/tab.js';
import { FirefoxScope, untilInPage } from './firefox-part.js';

/** How long a page may take to be replaced by an earlier one. */
const BACK_MS = 5_000;

/**
 * A tab of Firefox. The page itself is asked for its address: Puppeteer is not informed when a page returns from the
 * back/forward cache.
 */
export class FirefoxTab extends FirefoxScope implements Tab {
  get keyboard(): Tab['keyboard'] {
    return this.page.keyboard;
  }

  on(event: 'dialog', listener: (dialog: Dialog) => void): void {
    this.page.on(event, listener);
  }

  goto(url: string): Promise<unknown> {
    return this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload().catch((error: unknown) => {
      // The page has left by itself meanwhile.
      if (!String(error).includes('NS_BINDING_ABORTED')) throw error;
    });
  }

  async goBack({ waitUntil = 'load' }: { readonly waitUntil?: Moment } = {}): Promise<void> {
    await this.evaluate(() => {
      Object.assign(globalThis, { isLeft: true });
      history.back();
    });
    await untilInPage(
      'another document',
      () => this.evaluate("(globalThis.isLeft ? '' : document.readyState)").then(reaches(waitUntil)),
      BACK_MS,
    );
  }

  async setContent(html: string): Promise<void> {
    await this.page.setContent(html);
  }

  addScriptTag(script: { readonly url: string }): Promise<unknown> {
    return this.page.addScriptTag(script);
  }

  async waitForURL(
    url: string | RegExp,
    { timeout, waitUntil = 'load' }: Timeout & { readonly waitUntil?: Moment } = {},
  ): Promise<void> {
    const isThere = async (): Promise<boolean> => {
      const { address, state } = await this.evaluate(() => ({
        address: location.href,
        state: document.readyState,
      }));
      return (typeof url === 'string' ? address === url : url.test(address)) && reaches(waitUntil)(state);
    };
    await untilInPage(`the address ${String(url)}`, isThere, timeout);
  }

  async waitForLoadState(state: 'load' | 'networkidle' = 'load'): Promise<void> {
    if (state === 'networkidle') await this.page.waitForNetworkIdle();
    await untilInPage('the page has loaded', () =>
      this.evaluate(() => document.readyState).then(reaches('load')),
    );
  }

  evaluate<T>(inPage: string | (() => T | Promise<T>)): Promise<T> {
    return this.page.evaluate(inPage);
  }

  async screenshot({ path, fullPage = false }: { path?: string; fullPage?: boolean } = {}): Promise<Buffer> {
    return Buffer.from(await this.page.screenshot({ fullPage, ...(path !== undefined && { path }) }));
  }

  bringToFront(): Promise<void> {
    return this.page.bringToFront();
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

const reaches =
  (moment: Moment) =>
  (state: unknown): boolean =>
    moment === 'commit' ? Boolean(state) : state === 'complete';
