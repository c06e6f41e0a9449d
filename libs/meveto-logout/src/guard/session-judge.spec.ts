import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { SessionJudge } from './session-judge.js';

const NOW = 5_000_000;
const LIMIT_MS = 10_000;

describe('the judge of sessions', () => {
  const warn = jest.fn();
  let known: KnownLogouts;
  let counters: Counters;
  let judge: SessionJudge;
  beforeEach(() => {
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
    known = new KnownLogouts();
    known.refreshed(performance.now());
    known.remember({ userId: '7', loggedOutAt: 2_000_000 });
    counters = new Counters();
    const options = { maxSessionAgeMs: 4_000_000 } as ResolvedOptions;
    judge = new SessionJudge(known, options, counters, { now: () => NOW });
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });
  const counts = () => [counters.all().guard_refused, counters.all().guard_state_unknown];

  it.each([
    ['at the time of the logout', [{ userId: 7, signedInAt: 2_000_000 }], 'logged-out'],
    ['before it', [{ userId: '7', signedInAt: 1_500_000 }], 'logged-out'],
    ['too long ago', [{ userId: 8, signedInAt: 999_999 }], 'expired'],
    [
      'beside a good one',
      [
        { userId: 8, signedInAt: 3_000_000 },
        { userId: 7, signedInAt: 1_500_000 },
      ],
      'logged-out',
    ],
  ])('refuses a session that began %s', (_when, sessions, reason) => {
    expect(judge.judge(sessions, LIMIT_MS)).toBe(reason);
    expect(counts()).toEqual([1, 0]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('lets later sessions, other people and strangers in', () => {
    expect(judge.judge([{ userId: 7, signedInAt: 2_000_001 }], LIMIT_MS)).toBeUndefined();
    expect(judge.judge([{ userId: 8, signedInAt: 1_000_000 }], LIMIT_MS)).toBeUndefined();
    expect(judge.judge([], LIMIT_MS)).toBeUndefined();
    expect(counts()).toEqual([0, 0]);
  });

  it('warns once of a session without a start that it refuses', () => {
    for (let i = 0; i < 3; i += 1)
      expect(judge.judge([{ userId: 7, signedInAt: undefined }], LIMIT_MS)).toBe('logged-out');
    expect(judge.judge([{ userId: 8, signedInAt: undefined }], LIMIT_MS)).toBeUndefined();
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('does not know when its knowledge is older than it may be, which does not concern strangers', () => {
    known = new KnownLogouts();
    known.remember({ userId: '7', loggedOutAt: 2_000_000 });
    judge = new SessionJudge(known, { maxSessionAgeMs: 4e6 } as ResolvedOptions, counters, {
      now: () => NOW,
    });
    expect(judge.judge([{ userId: 8, signedInAt: NOW }], LIMIT_MS)).toBe('logout-state-unknown');
    expect(judge.judge([{ userId: 7, signedInAt: 1 }], LIMIT_MS)).toBe('logged-out');
    expect(judge.judge([{ userId: 8, signedInAt: NOW }], Infinity)).toBeUndefined();
    expect(judge.judge([], LIMIT_MS)).toBeUndefined();
    expect(counts()).toEqual([1, 1]);
  });
});
