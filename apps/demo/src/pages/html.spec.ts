import { describe, expect, it } from '@jest/globals';
import { html } from './html.js';

describe('html', () => {
  it('escapes every value, in text and in attributes', () => {
    expect(html`<a title="${'"><script>'}">${"Tom & 'Jerry'"}</a>`.text).toBe(
      '<a title="&quot;&gt;&lt;script&gt;">Tom &amp; &#39;Jerry&#39;</a>',
    );
  });

  it('does not escape markup, also in lists', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(
      html`<ul>
        ${items}
      </ul>`.text
        .replace(/\s+</g, '<')
        .replace(/>\s+/g, '>'),
    ).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>');
  });

  it('gives nothing for null, undefined and false', () => {
    expect(html`[${null}${undefined}${false}${0}]`.text).toBe('[0]');
  });
});
