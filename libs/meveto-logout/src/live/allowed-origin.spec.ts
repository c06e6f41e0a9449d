import { describe, expect, it } from '@jest/globals';
import { isAllowedOrigin } from './allowed-origin.js';

describe('isAllowedOrigin', () => {
  it.each([
    [{ host: 'a.example' }],
    [{ host: 'a.example', origin: 'https://a.example' }],
    [{ host: 'a.example', origin: 'http://a.example' }],
    [{ host: 'A.Example:3000', origin: 'http://a.example:3000' }],
    [{ host: '[::1]:3000', origin: 'http://[::1]:3000' }],
    [{ host: 'a.example:443', origin: 'https://a.example' }],
    [{ host: 'a.example:80', origin: 'http://a.example' }],
    [{ ':authority': 'a.example:3000', origin: 'https://a.example:3000' }],
    [{ ':authority': 'a.example', host: 'proxy.internal', origin: 'https://a.example' }],
  ])('allows the host’s own origin: %j', (headers) => {
    expect(isAllowedOrigin(headers)).toBe(true);
  });

  it.each([
    [{ host: 'a.example', origin: 'https://b.example' }],
    [{ host: 'a.example', origin: 'https://x.a.example' }],
    [{ host: 'a.example', origin: 'https://a.example.evil.example' }],
    [{ host: 'a.example:3000', origin: 'http://a.example:4000' }],
    [{ host: 'a.example:3000', origin: 'http://a.example' }],
    [{ host: 'a.example:80', origin: 'https://a.example' }],
    [{ host: 'a.example:443', origin: 'http://a.example' }],
    [{ host: '', origin: 'https://a.example' }],
    [{ host: 'a b', origin: 'https://a.example' }],
    [{ host: 'a.example', origin: 'null' }],
    [{ host: 'a.example', origin: '' }],
    [{ host: 'a.example', origin: 'a.example' }],
    [{ host: 'a.example', origin: 'file://' }],
    [{ origin: 'https://a.example' }],
    [{ ':authority': 'a.example', origin: 'https://b.example' }],
    [{ ':authority': 'a.example', host: 'b.example', origin: 'https://b.example' }],
  ])('refuses another origin: %j', (headers) => {
    expect(isAllowedOrigin(headers)).toBe(false);
  });

  it('allows an origin that the application names', () => {
    const headers = { host: 'api.example', origin: 'https://app.example' };
    expect(isAllowedOrigin(headers, ['https://app.example'])).toBe(true);
    expect(isAllowedOrigin(headers, ['http://app.example', 'https://app.example:444'])).toBe(false);
  });
});
