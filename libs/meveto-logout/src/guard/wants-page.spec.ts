import { describe, expect, it } from '@jest/globals';
import { wantsPage } from './refusal-writer.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('wantsPage', () => {
  it.each([
    ['GET', { accept: BROWSER }],
    ['HEAD', { accept: BROWSER }],
    ['POST', { accept: BROWSER, 'sec-fetch-mode': 'navigate' }],
    ['GET', { accept: 'TEXT/HTML' }],
    ['GET', { accept: 'application/xhtml+xml' }],
    ['GET', { accept: 'text/html;q=0.5, image/png' }],
    ['GET', { accept: 'text/html, application/json' }],
    ['GET', { accept: 'application/json;q=0.4, text/html;q=0.5' }],
    ['GET', { accept: 'text/html;level=1;q=0.7, text/html;q=0.1, application/json;q=0.6' }],
  ])('accepts %s %j as a request for a page', (method, headers) => {
    expect(wantsPage(method, headers)).toBe(true);
  });

  it.each([
    ['GET', {}],
    ['GET', { accept: '*/*' }],
    ['GET', { accept: 'text/*' }],
    ['GET', { accept: 'application/json' }],
    ['GET', { accept: 'image/png,image/*;q=0.8' }],
    ['GET', { accept: 'text/html;q=0' }],
    ['GET', { accept: 'text/html;q=nonsense' }],
    ['GET', { accept: 'xtext/html' }],
    ['GET', { accept: 'text/htmlx' }],
    ['GET', { accept: 'application/json, text/html;q=0.9' }],
    ['GET', { accept: 'application/problem+json, text/html;q=0.9' }],
    ['GET', { accept: BROWSER, 'sec-fetch-mode': 'cors' }],
    ['GET', { accept: BROWSER, 'sec-fetch-mode': 'no-cors' }],
    ['GET', { accept: BROWSER, 'x-requested-with': 'XMLHttpRequest' }],
    ['GET', { accept: BROWSER, 'x-requested-with': 'xmlhttprequest' }],
    ['PUT', { accept: BROWSER }],
    ['DELETE', { accept: BROWSER }],
    [undefined, { accept: BROWSER }],
  ])('rejects %s %j as a request for a page', (method, headers) => {
    expect(wantsPage(method, headers)).toBe(false);
  });
});
