import { describe, expect, it } from '@jest/globals';
import { LONGEST_DELAY_MS, RedirectPace } from './redirect-pace.js';

const delays = (pace: RedirectPace, count: number, now: number): number[] =>
  Array.from({ length: count }, () => pace.nextDelayMs(now));

describe('RedirectPace', () => {
  it('lets an initial burst leave at once', () => {
    expect(delays(new RedirectPace(400), 100, 1_000)).toEqual(Array(100).fill(0));
  });

  it('spreads thousands of redirects evenly: no second exceeds the limit', () => {
    const perSecond = new Map<number, number>();
    for (const delayMs of delays(new RedirectPace(400), 10_000, 1_000)) {
      const second = Math.floor(delayMs / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(501);
    expect(perSecond.size).toBe(25);
  });

  it('never exceeds the longest delay, and returns random delays beyond it', () => {
    const late = delays(new RedirectPace(100), 20_000, 1_000);
    expect(Math.max(...late)).toBeLessThanOrEqual(LONGEST_DELAY_MS);
    const drawn = late.slice(10_000);
    const half = drawn.filter((delayMs) => delayMs < LONGEST_DELAY_MS / 2).length / drawn.length;
    expect(half).toBeGreaterThan(0.45);
    expect(half).toBeLessThan(0.55);
  });

  it('allows a new burst after a pause', () => {
    const pace = new RedirectPace(400);
    delays(pace, 1_000, 1_000);
    expect(pace.nextDelayMs(1_000)).toBeGreaterThan(2_000);
    expect(pace.nextDelayMs(10_000)).toBe(0);
  });
});
