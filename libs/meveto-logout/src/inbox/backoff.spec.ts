import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.js';

const MINUTES_10 = 600_000;
const attempts = Array.from({ length: 60 }, (_, index) => index + 1);

describe('the pause before the next attempt', () => {
  it('starts between half a second and a second', () => {
    expect(backoffMs(1, 0, 0)).toBe(500);
    expect(backoffMs(1, 0, 1)).toBe(1_000);
  });

  it('doubles', () => {
    expect([1, 2, 3, 4, 5].map((attempt) => backoffMs(attempt, 0, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000,
    ]);
  });

  it('grows to at most 30 s during the first ten minutes', () => {
    const pauses = attempts.map((attempt) => backoffMs(attempt, MINUTES_10 - 1, 1));
    expect(Math.max(...pauses)).toBe(30_000);
  });

  it('grows to at most five minutes later', () => {
    const pauses = attempts.map((attempt) => backoffMs(attempt, MINUTES_10, 1));
    expect(Math.max(...pauses)).toBe(300_000);
  });

  it('is shortened at random by at most one half', () => {
    for (const attempt of attempts) {
      const full = backoffMs(attempt, MINUTES_10, 1);
      expect(backoffMs(attempt, MINUTES_10, 0)).toBe(full / 2);
      expect(backoffMs(attempt, MINUTES_10, 0.5)).toBe(full * 0.75);
    }
  });

  it('stays finite for any number of attempts', () => {
    expect(backoffMs(1_000_000, 0, 1)).toBe(30_000);
  });
});
