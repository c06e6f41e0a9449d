import { type ElementHandle, type Page, ProtocolError } from 'puppeteer-core';
import type { Part, Role, RoleOptions, Scope, Timeout } from '../../support/browser/tab.js';
import { until } from '../../support/until.js';
import { findElements, patternOf, type Step } from './found-elements.js';

const TIMEOUT_MS = 30_000;

/** Waits for a truthy result of a look into the page. There is none while another document replaces the page's. */
export async function untilInPage<T>(
  what: string,
  look: () => Promise<T>,
  timeout = TIMEOUT_MS,
): Promise<NonNullable<T>> {
  const found = await until(
    what,
    () =>
      look().catch((error: unknown) => {
        if (error instanceof ProtocolError || /destroyed/i.test(String(error))) return undefined;
        throw error;
      }),
    timeout,
  );
  return found as NonNullable<T>;
}

/** Looks elements up in a page of Firefox. */
export class FirefoxScope implements Scope {
  constructor(
    protected readonly page: Page,
    protected readonly steps: readonly Step[] = [],
  ) {}

  locator(selector: string): Part {
    return this.further({ by: 'css', selector });
  }

  getByLabel(text: string): Part {
    return this.further({ by: 'label', pattern: patternOf(text) });
  }

  getByRole(role: Role, { name, exact }: RoleOptions = {}): Part {
    return this.further({ by: 'role', role, pattern: patternOf(name, exact) });
  }

  getByText(text: string, { exact }: { readonly exact?: boolean } = {}): Part {
    return this.further({ by: 'text', pattern: patternOf(text, exact) });
  }

  protected further(step: Step): Part {
    return new FirefoxPart(this.page, [...this.steps, step]);
  }
}

class FirefoxPart extends FirefoxScope implements Part {
  first(): Part {
    return this.nth(0);
  }

  nth(index: number): Part {
    return this.further({ by: 'index', index });
  }

  async count(): Promise<number> {
    // One request, so that the document cannot be replaced in between.
    const inPage = `(${String(findElements)})(${JSON.stringify(this.steps)}).length`;
    const look = async () => ({ found: await this.page.evaluate<[], () => number>(inPage) });
    return (await untilInPage(`counted: ${this.#title}`, look)).found;
  }

  async isVisible(): Promise<boolean> {
    const only = await this.#only();
    return only !== undefined && (await only.isVisible());
  }

  async textContent(): Promise<string | null> {
    const read = async () => {
      const only = await this.#only();
      return only === undefined ? undefined : { text: await only.evaluate((each) => each.textContent) };
    };
    return (await untilInPage(`there: ${this.#title}`, read)).text;
  }

  async waitFor({ timeout }: Timeout = {}): Promise<void> {
    await untilInPage(`visible: ${this.#title}`, () => this.isVisible(), timeout);
  }

  async click(): Promise<void> {
    await (await this.#visible()).click();
  }

  async check(): Promise<void> {
    const box = await this.#visible();
    if (!(await box.evaluate((each) => (each as HTMLInputElement).checked))) await box.click();
  }

  async fill(text: string): Promise<void> {
    const field = await this.#visible();
    await field.evaluate((each) => {
      (each as HTMLInputElement).value = '';
    });
    await field.type(text);
  }

  async #all(): Promise<ElementHandle[]> {
    const list = await this.page.evaluateHandle(findElements, this.steps);
    const elements = [...(await list.getProperties()).values()].map((each) => each.asElement());
    return elements.filter((each) => each !== null) as ElementHandle[];
  }

  async #only(): Promise<ElementHandle | undefined> {
    const all = await this.#all();
    if (all.length > 1) throw new Error(`${String(all.length)} elements instead of one: ${this.#title}`);
    return all[0];
  }

  #visible(): Promise<ElementHandle> {
    return untilInPage(`visible: ${this.#title}`, async () => {
      const only = await this.#only();
      return only !== undefined && (await only.isVisible()) ? only : undefined;
    });
  }

  get #title(): string {
    return JSON.stringify(this.steps);
  }
}
