import { launchChromium } from '../../support/browser/chromium.js';
import type { TestBrowser } from '../../support/browser/tab.js';
import { launchFirefox } from './firefox.js';

export interface BrowserKind {
  readonly name: 'Chromium' | 'Firefox';
  readonly launch: () => Promise<TestBrowser>;
}

const ALL: readonly BrowserKind[] = [
  { name: 'Chromium', launch: launchChromium },
  { name: 'Firefox', launch: launchFirefox },
];

/** The browsers of the tests: all, or the one that TEST_BROWSER names. */
export const BROWSERS = named(process.env['TEST_BROWSER']);

function named(name: string | undefined): readonly BrowserKind[] {
  if (name === undefined) return ALL;
  const found = ALL.filter((kind) => kind.name.toLowerCase() === name.toLowerCase());
  if (found.length === 0) throw new Error(`TEST_BROWSER is '${name}', not 'chromium' or 'firefox'.`);
  return found;
}
