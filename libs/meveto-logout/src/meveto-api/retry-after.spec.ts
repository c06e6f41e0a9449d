import { describe, expect, it } from '@jest/globals';
import { retryAfterMsOf } from './retry-after.js';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 2026 12:01:30 GMT', 90_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ])('%s is understood', (header, ms) => {
    expect(retryAfterMsOf(header, NOW)).toBe(ms);
  });

  it.each([undefined, '', '-1', '1.5', '1e3', '12345678', 'tomorrow', '2026-01-01', ['3']])(
    '%j is not',
    (header) => {
      expect(retryAfterMsOf(header, NOW)).toBeUndefined();
    },
  );
});
