import { describe, expect, it } from '@jest/globals';
import { RateBudget } from './rate-budget.js';

describe('a rate budget', () => {
  it('gives as many as are wanted, while there are', () => {
    const budget = new RateBudget(10, 0);
    expect(budget.take(4, 0)).toBe(4);
    expect(budget.take(4, 0)).toBe(4);
    expect(budget.take(4, 0)).toBe(2);
    expect(budget.take(4, 0)).toBe(0);
  });

  it('earns its rate, whole starts only', () => {
    const budget = new RateBudget(10, 0);
    budget.take(10, 0);
    expect(budget.take(5, 99)).toBe(0);
    expect(budget.take(5, 100)).toBe(1);
    expect(budget.take(5, 350)).toBe(2);
    expect(budget.take(5, 400)).toBe(1);
  });

  it('loses no time to many small looks', () => {
    const budget = new RateBudget(8, 0);
    budget.take(8, 0);
    let taken = 0;
    for (let now = 1; now <= 1_000; now += 1) taken += budget.take(8, now);
    expect(taken).toBe(8);
  });

  it('saves up no more than a second', () => {
    const budget = new RateBudget(10, 0);
    expect(budget.take(100, 60_000)).toBe(10);
    expect(budget.take(100, 60_000)).toBe(0);
  });

  it('takes back what was not used, and no more than it can hold', () => {
    const budget = new RateBudget(10, 0);
    budget.take(10, 0);
    budget.giveBack(3);
    expect(budget.take(10, 0)).toBe(3);
    budget.giveBack(100);
    expect(budget.take(100, 0)).toBe(10);
  });
});
