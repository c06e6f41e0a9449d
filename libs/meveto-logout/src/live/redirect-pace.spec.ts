import { describe, expect, it } from '@jest/globals';
import { LONGEST_DELAY_MS, RedirectPace } from './redirect-pace.js';

const delays = (pace: RedirectPace, count: number, now: number): number[] =>
  Array.from({ length: count }, () => pace.nextDelayMs(now));

describe('the pace of redirects', () => {
  it('lets a few go at once', () => {
    expect(delays(new RedirectPace(400), 100, 1_000)).toEqual(Array(100).fill(0));
  });

  it('spreads thousands evenly: no second has more than its share', () => {
    const perSecond = new Map<number, number>();
    for (const delayMs of delays(new RedirectPace(400), 10_000, 1_000)) {
      const second = Math.floor(delayMs / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(501);
    expect(perSecond.size).toBe(25);
  });

  it('keeps nobody waiting past the longest delay, and draws lots then', () => {
    const late = delays(new RedirectPace(100), 20_000, 1_000);
    expect(Math.max(...late)).toBeLessThanOrEqual(LONGEST_DELAY_MS);
    const drawn = late.slice(10_000);
    const half = drawn.filter((delayMs) => delayMs < LONGEST_DELAY_MS / 2).length / drawn.length;
    expect(half).toBeGreaterThan(0.45);
    expect(half).toBeLessThan(0.55);
  });

  it('is free again after a pause', () => {
    const pace = new RedirectPace(400);
    delays(pace, 1_000, 1_000);
    expect(pace.nextDelayMs(1_000)).toBeGreaterThan(2_000);
    expect(pace.nextDelayMs(10_000)).toBe(0);
  });
});
