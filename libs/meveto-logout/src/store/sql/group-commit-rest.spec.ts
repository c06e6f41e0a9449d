import { describe, expect, it } from '@jest/globals';
import { restMs } from './group-commit.js';

describe('the pause after a commit', () => {
  it.each([
    { tookMs: 5, size: 0, rest: 5, why: 'no script' },
    { tookMs: 5, size: 1, rest: 5, why: 'one script alone' },
    { tookMs: 5, size: 2, rest: 10, why: 'twice as long for two scripts' },
    { tookMs: 5, size: 4, rest: 20, why: 'four times as long for four scripts' },
    { tookMs: 5, size: 400, rest: 20, why: 'four times as long at most' },
    { tookMs: 10, size: 400, rest: 25, why: '25 ms at most if longer than the commit' },
    { tookMs: 30, size: 400, rest: 30, why: 'as long as the commit on a slow disk' },
    { tookMs: 3_000, size: 400, rest: 50, why: '50 ms at most' },
    { tookMs: 3_000, size: 1, rest: 50, why: '50 ms at most' },
  ])('of $tookMs ms with $size scripts is $rest ms: $why', ({ tookMs, size, rest }) => {
    expect(restMs(tookMs, size)).toBe(rest);
  });
});
