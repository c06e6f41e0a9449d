import { describe, expect, it } from '@jest/globals';
import { distance, nearest } from './nearest.js';

describe('the distance between two words', () => {
  it.each([
    ['', '', 0],
    ['lease', 'lease', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['timeout', 'timeoutMs', 2],
    ['ab', 'ba', 2],
  ])('%j and %j: %d', (from, to, steps) => {
    expect(distance(from, to)).toBe(steps);
  });
});

describe('the most similar word', () => {
  const words = ['leaseMs', 'retentionMs', 'concurrency'];
  const meant = (word: string) => nearest(word, words, (each) => each);

  it.each([
    ['leasMs', 'leaseMs'],
    ['LEASEMS', 'leaseMs'],
    ['retention', 'retentionMs'],
    ['concurency', 'concurrency'],
    ['proxy', undefined],
    ['', undefined],
  ])('of %j is %j', (word, expected) => {
    expect(meant(word)).toBe(expected);
  });

  it('is undefined without candidates', () => {
    expect(nearest('leaseMs', [], String)).toBeUndefined();
  });
});
