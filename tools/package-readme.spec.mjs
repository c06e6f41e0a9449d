import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { withoutRelativeLinks } from './package-readme.mjs';

describe('withoutRelativeLinks', () => {
  it('keeps the text of a link to a file, and removes a picture', () => {
    expect(withoutRelativeLinks('![Two tabs](docs/images/a.png)\n\nSee [docs/a.md](docs/a.md#b), `x`.')).toBe(
      'See docs/a.md, `x`.',
    );
  });

  it('keeps links to addresses and to headings', () => {
    const kept = '[Meveto](https://meveto.com) and [below](#below)';
    expect(withoutRelativeLinks(kept)).toBe(kept);
  });

  it.each(['README.md', 'CHANGELOG.md'])('leaves no link to a file in %s', (page) => {
    const links = [...withoutRelativeLinks(readFileSync(page, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)];
    expect(links.filter(([, target]) => !/^(?:[a-z]+:|#)/.test(target))).toEqual([]);
  });
});
