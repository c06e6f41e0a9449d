import { describe, expect, it } from '@jest/globals';
import { isPolicy, stalenessLimitMs } from './options.js';

const LONGEST_MS = 31_536_000_000;

describe('the policy for an unknown logout state', () => {
  it('sets how old the logout state may be', () => {
    expect(stalenessLimitMs('deny', 10_000)).toBe(10_000);
    expect(stalenessLimitMs('allow', 10_000)).toBe(Infinity);
    expect(stalenessLimitMs({ graceMs: 500 }, 10_000)).toBe(10_500);
  });

  it.each(['deny', 'allow', { graceMs: 0 }, { graceMs: 1 }, { graceMs: LONGEST_MS }])(
    'accepts %j',
    (policy) => {
      expect(isPolicy(policy)).toBe(true);
    },
  );

  it.each([
    'refuse',
    '',
    undefined,
    null,
    0,
    1_000,
    {},
    { grace: 1 },
    { graceMs: '1000' },
    { graceMs: -1 },
    { graceMs: 1.5 },
    { graceMs: Number.NaN },
    { graceMs: LONGEST_MS + 1 },
    Object.assign(() => undefined, { graceMs: 1 }),
  ])('does not accept %p', (policy) => {
    expect(isPolicy(policy)).toBe(false);
  });
});
