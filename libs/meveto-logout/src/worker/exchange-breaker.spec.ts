import { describe, expect, it } from '@jest/globals';
import { ExchangeBreaker } from './exchange-breaker.js';

function opened(at: number): ExchangeBreaker {
  const breaker = new ExchangeBreaker();
  for (let failure = 0; failure < 5; failure += 1) breaker.failed(at);
  return breaker;
}

describe('the breaker of calls to Meveto', () => {
  it('opens with the fifth failure in a row', () => {
    const breaker = new ExchangeBreaker();
    expect([1, 2, 3, 4, 5].map(() => breaker.failed(0))).toEqual([false, false, false, false, true]);
    expect(breaker.allows(16, 0)).toBe(0);
  });

  it('stays closed while answers come in between', () => {
    const breaker = new ExchangeBreaker();
    for (let round = 0; round < 10; round += 1) {
      for (let failure = 0; failure < 4; failure += 1) breaker.failed(0);
      breaker.succeeded();
    }
    expect(breaker.allows(16, 0)).toBe(16);
  });

  it('lets one probe through within two seconds, and the next one later', () => {
    const breaker = opened(0);
    expect(breaker.allows(16, 1_499)).toBe(0);
    expect(breaker.allows(16, 1_500)).toBe(1);
    breaker.probed(1_500);
    expect(breaker.allows(16, 1_500)).toBe(0);
    expect(breaker.allows(16, 4_500)).toBe(1);
  });

  it('probes at least every thirty seconds', () => {
    const breaker = opened(0);
    let now = 0;
    for (let probe = 0; probe < 20; probe += 1) {
      const before = now;
      while (breaker.allows(1, now) === 0) now += 100;
      expect(now - before).toBeLessThanOrEqual(30_000);
      breaker.probed(now);
      breaker.failed(now);
    }
  });

  it('does not carry the pause of one outage into the next', () => {
    const breaker = opened(0);
    for (const now of [1_500, 10_000, 30_000, 60_000, 100_000]) breaker.probed(now);
    breaker.succeeded();
    for (let failure = 0; failure < 5; failure += 1) breaker.failed(200_000);
    // Of an exchange that was on its way when it opened.
    breaker.unprobed(200_001);
    breaker.probed(200_001);
    expect(breaker.allows(1, 203_000)).toBe(0);
    expect(breaker.allows(1, 203_001)).toBe(1);
  });

  it('closes with the first answer, and says that an outage is over', () => {
    const breaker = opened(0);
    expect(breaker.succeeded()).toBe(true);
    expect(breaker.succeeded()).toBe(false);
    expect(breaker.allows(16, 0)).toBe(16);
  });
});
