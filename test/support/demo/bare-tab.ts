import type { Browser, CDPSession } from 'playwright-core';

interface Answer {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/**
 * A tab that Playwright does not control, in its own browser profile: Playwright keeps its tabs visible and awake, so
 * that they can be neither hidden nor frozen.
 */
export class BareTab {
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(
    private readonly browser: CDPSession,
    private readonly contextId: string,
    private readonly sessionId: string,
  ) {
    browser.on('Target.receivedMessageFromTarget', ({ sessionId: from, message }) => {
      if (from !== sessionId) return;
      const answer = JSON.parse(message) as Answer;
      if (answer.id !== undefined) this.#pending.get(answer.id)?.(answer);
    });
  }

  static async open(browser: Browser, url: string): Promise<BareTab> {
    const chrome = await browser.newBrowserCDPSession();
    const { browserContextId } = await chrome.send('Target.createBrowserContext');
    const { targetId } = await chrome.send('Target.createTarget', { url, browserContextId });
    const { sessionId } = await chrome.send('Target.attachToTarget', { targetId, flatten: false });
    return new BareTab(chrome, browserContextId, sessionId);
  }

  async send(method: string, params: object = {}): Promise<Answer> {
    const id = (this.#lastId += 1);
    const answered = new Promise<Answer>((resolve) => this.#pending.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.browser.send('Target.sendMessageToTarget', { sessionId: this.sessionId, message });
    const answer = await answered;
    this.#pending.delete(id);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer;
  }

  /** Evaluates an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const parameters = { expression, awaitPromise: true, returnByValue: true };
    return (await this.send('Runtime.evaluate', parameters)).result?.result?.value;
  }

  async close(): Promise<void> {
    await this.browser.send('Target.disposeBrowserContext', { browserContextId: this.contextId });
    await this.browser.detach();
  }
}
