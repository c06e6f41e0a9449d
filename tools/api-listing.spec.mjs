import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { apiListings } from './api-listing.mjs';

const folder = mkdtempSync(join(tmpdir(), 'api-listing-'));
afterAll(() => rmSync(folder, { recursive: true }));

function listingOf(files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return apiListings([join(folder, 'index.d.ts')])[0];
}

describe('apiListings', () => {
  it('lists exports by name, and the types that these use', () => {
    const listing = listingOf({
      'index.d.ts': "export { start, type Options } from './other.js';",
      'other.d.ts': `
        /** Of the start. */
        interface Options { readonly limits: Limits }
        interface Limits { readonly most?: number }
        interface Unused { readonly x: number }
        declare const start: (options: Options) => void;
        export { start, type Options, type Limits, type Unused };`,
    });
    expect(listing).toBe(`Exported:

interface Options {
    readonly limits: Limits;
}

const start: (options: Options) => void;

Used by these:

interface Limits {
    readonly most?: number;
}
`);
  });

  it('leaves out private members, and the types that only they use', () => {
    const listing = listingOf({
      'index.d.ts': `
        interface Hidden { readonly x: number }
        export declare class Service {
          #hidden;
          private readonly secret;
          private work(hidden: Hidden): void;
          protected hook(): void;
          run(): void;
        }
        export {};`,
    });
    expect(listing).toBe('Exported:\n\nclass Service {\n    protected hook(): void;\n    run(): void;\n}\n');
  });

  it('names an export that is declared under another name', () => {
    const listing = listingOf({ 'index.d.ts': 'type Inner = string;\nexport { Inner as Outer };' });
    expect(listing).toBe('Exported:\n\ntype Inner = string; // as Outer\n');
  });
});
