import { describe, expect, it } from '@jest/globals';
import { retryAfterMsOf } from './meveto-http.js';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('retryAfterMsOf', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 2026 12:01:30 GMT', 90_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ])('converts %s', (header, ms) => {
    expect(retryAfterMsOf(header, NOW)).toBe(ms);
  });

  it.each([undefined, '', '-1', '1.5', '1e3', '12345678', 'tomorrow', '2026-01-01', ['3']])(
    'returns undefined for %j',
    (header) => {
      expect(retryAfterMsOf(header, NOW)).toBeUndefined();
    },
  );
});
