import { describe, expect, it } from '@jest/globals';
import { restMs } from './rest-after-commit.js';

describe('the rest after a commit', () => {
  it.each([
    { tookMs: 5, size: 0, rest: 5, why: 'nobody shared it' },
    { tookMs: 5, size: 1, rest: 5, why: 'one alone' },
    { tookMs: 5, size: 2, rest: 10, why: 'two shared it' },
    { tookMs: 5, size: 4, rest: 20, why: 'four shared it' },
    { tookMs: 5, size: 400, rest: 20, why: 'four times at most' },
    { tookMs: 10, size: 400, rest: 25, why: 'longer than it took: 25 ms at most' },
    { tookMs: 30, size: 400, rest: 30, why: 'a slow disk: as long as it took' },
    { tookMs: 3_000, size: 400, rest: 50, why: 'never more than 50 ms' },
    { tookMs: 3_000, size: 1, rest: 50, why: 'never more than 50 ms' },
  ])('of $tookMs ms by $size is $rest ms: $why', ({ tookMs, size, rest }) => {
    expect(restMs(tookMs, size)).toBe(rest);
  });
});
