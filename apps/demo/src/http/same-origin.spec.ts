import { describe, expect, it } from '@jest/globals';
import { isSameOrigin } from './same-origin.js';

describe('isSameOrigin', () => {
  it.each([
    [undefined, 'demo.example'],
    ['http://localhost:3000', 'localhost:3000'],
    ['https://demo.example', 'demo.example'],
    ['https://demo.example', 'demo.example:443'],
    ['http://DEMO.example', 'demo.EXAMPLE'],
    ['http://[::1]:3000', '[::1]:3000'],
  ])('lets a form from %s through to %s', (origin, host) => {
    expect(isSameOrigin(origin, host)).toBe(true);
  });

  it.each([
    ['https://evil.example', 'demo.example'],
    ['http://localhost:4000', 'localhost:3000'],
    ['http://127.0.0.1:3000', 'localhost:3000'],
    ['https://demo.example.evil.example', 'demo.example'],
    ['null', 'demo.example'],
    ['', 'demo.example'],
    ['http://demo.example', undefined],
    ['http://demo.example', 'demo.example:bad'],
  ])('refuses a form from %j to %j', (origin, host) => {
    expect(isSameOrigin(origin, host)).toBe(false);
  });
});
