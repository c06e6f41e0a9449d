import { describe, expect, it } from '@jest/globals';
import { BUCKETS_MS, Histogram } from './histogram.js';

describe('Histogram', () => {
  it('counts each duration in its bucket and in all larger ones', () => {
    const histogram = new Histogram();
    for (const ms of [0, 1, 1.5, 2_000, 10_000_000]) histogram.add(ms);
    const { count, sumMs, buckets } = histogram.read();
    expect([count, sumMs]).toEqual([5, 10_002_002.5]);
    const counts = Object.fromEntries(buckets.map(({ upToMs, count: upTo }) => [upToMs, upTo]));
    expect(buckets.map(({ upToMs }) => upToMs)).toEqual(BUCKETS_MS);
    expect([counts[1], counts[2.5], counts[1_000], counts[2_500], counts[3_600_000]]).toEqual([
      2, 3, 3, 4, 4,
    ]);
  });

  it('is empty at first', () => {
    const { count, sumMs, buckets } = new Histogram().read();
    expect([count, sumMs, buckets.every((bucket) => bucket.count === 0)]).toEqual([0, 0, true]);
  });

  it('has growing bounds', () => {
    expect([...BUCKETS_MS]).toEqual([...new Set(BUCKETS_MS)].toSorted((a, b) => a - b));
  });
});
