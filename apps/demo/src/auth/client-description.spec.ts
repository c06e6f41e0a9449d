import { describe, expect, it } from '@jest/globals';
import { describeClient } from './client-description.js';

describe('describeClient', () => {
  it.each([
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    [
      'Chrome on Android',
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
    ],
    [
      'Edge on Windows',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0',
    ],
    [
      'Safari on iOS',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    ],
    ['curl', 'curl/8.14.1'],
    ['node', 'node'],
    ['Unknown program', ''],
    ['Unknown program', '<script>alert(1)</script>'],
    ['Unknown program', 'x'.repeat(10_000)],
  ])('says %s', (description, userAgent) => {
    expect(describeClient(userAgent)).toBe(description);
  });

  it('returns a text for a missing header', () => {
    expect(describeClient(undefined)).toBe('Unknown program');
  });
});
