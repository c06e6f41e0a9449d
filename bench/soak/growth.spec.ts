import { describe, expect, it } from '@jest/globals';
import { afterWarmUp, growthOf } from './growth.js';

const noise = [0.4, -0.7, 0.1, 0.6, -0.3, -0.5, 0.7, -0.2, 0.3, -0.4];

describe('growthOf', () => {
  it('finds the slope of a straight line', () => {
    expect(growthOf([10, 12, 14, 16])).toMatchObject({ slope: 2, isGrowth: true });
  });

  it('finds a leak in noise', () => {
    const { slope, isGrowth } = growthOf(noise.map((each, index) => 50 + 2 * index + each));
    expect(slope).toBeCloseTo(2, 1);
    expect(isGrowth).toBe(true);
  });

  it.each([
    ['noise', noise.map((each) => 50 + each)],
    ['noise that is large', noise.map((each) => 50 + 30 * each)],
    ['a value that falls', noise.map((each, index) => 50 - 2 * index + each)],
    ['a growth by less than a twentieth', noise.map((_, index) => 50 + 0.1 * index)],
    ['zeros', [0, 0, 0]],
  ])('does not take %s for growth', (_what, values) => {
    expect(growthOf(values).isGrowth).toBe(false);
  });

  it('refuses too few samples', () => {
    expect(() => growthOf([1, 2])).toThrow('Three samples');
  });
});

describe('afterWarmUp', () => {
  it('leaves out the first quarter', () => {
    expect(afterWarmUp([1, 2, 3, 4, 5, 6, 7, 8])).toEqual([3, 4, 5, 6, 7, 8]);
  });
});
