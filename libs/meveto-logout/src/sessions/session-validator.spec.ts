import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import { Counters } from '../core/counters.js';
import { SessionValidator } from './session-validator.js';
import { ReaderAudit } from './reader-audit.js';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import type { ResolvedSessions } from './options.js';
import type { ResolvedLogouts } from '../logouts/options.js';

const NOW = 5_000_000;
const LIMIT_MS = 10_000;

describe('SessionValidator', () => {
  const warn = linesOf('warn');
  let known: LogoutCache;
  let counters: Counters;
  let validator: SessionValidator;
  beforeEach(() => {
    known = new LogoutCache();
    known.refreshed(performance.now());
    known.remember({ userId: '7', loggedOutAt: 2_000_000 });
    counters = new Counters();
    const options = { maxSessionAgeMs: 4_000_000, maxStalenessMs: LIMIT_MS } as ResolvedSessions &
      ResolvedLogouts;
    validator = new SessionValidator(known, options, options, counters, { now: () => NOW }, NO_AUDIT);
  });
  const counts = () => [counters.all().guard_refused, counters.all().guard_state_unknown];

  it.each([
    ['at the time of the logout', [{ userId: 7, signedInAt: 2_000_000 }], 'logged-out'],
    ['before it', [{ userId: '7', signedInAt: 1_500_000 }], 'logged-out'],
    ['too long ago', [{ userId: 8, signedInAt: 999_999 }], 'expired'],
    [
      'before it, beside a live one',
      [
        { userId: 8, signedInAt: 3_000_000 },
        { userId: 7, signedInAt: 1_500_000 },
      ],
      'logged-out',
    ],
  ])('refuses a session that began %s', (_when, sessions, reason) => {
    expect(validator.validate(sessions, LIMIT_MS)?.reason).toBe(reason);
    expect(counts()).toEqual([1, 0]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('lets later sessions, other users and requests without a session pass', () => {
    expect(validator.validate([{ userId: 7, signedInAt: 2_000_001 }], LIMIT_MS)).toBeUndefined();
    expect(validator.validate([{ userId: 8, signedInAt: 1_000_000 }], LIMIT_MS)).toBeUndefined();
    expect(validator.validate([], LIMIT_MS)).toBeUndefined();
    expect(counts()).toEqual([0, 0]);
  });

  it('warns once when it refuses a session without a start', () => {
    const audit = new ReaderAudit(() => Promise.resolve(0), counters, loggedEvents());
    const options = { maxSessionAgeMs: 4_000_000, maxStalenessMs: LIMIT_MS } as ResolvedSessions &
      ResolvedLogouts;
    validator = new SessionValidator(known, options, options, counters, { now: () => NOW }, audit);
    for (let i = 0; i < 3; i += 1)
      expect(validator.validate([{ userId: 7, signedInAt: undefined }], LIMIT_MS)?.reason).toBe('logged-out');
    expect(validator.validate([{ userId: 8, signedInAt: undefined }], LIMIT_MS)).toBeUndefined();
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('[MEVETO_SESSION_WITHOUT_START]'), 'MevetoLogout'],
    ]);
  });

  it('returns the reason of the logout that ended a session', () => {
    const over = [{ userId: 7, signedInAt: 2_500_000 }];
    expect(validator.validate([{ userId: 7, signedInAt: 1_500_000 }], LIMIT_MS)).toEqual({
      reason: 'logged-out',
      cause: 'meveto',
    });
    known.remember({ userId: '7', loggedOutAt: 3_000_000, reason: 'ban' });
    expect(validator.validate(over, LIMIT_MS)).toEqual({ reason: 'logged-out', cause: 'ban' });
    known.remember({ userId: '7', loggedOutAt: 3_500_000 });
    expect(validator.validate(over, LIMIT_MS)).toEqual({ reason: 'logged-out', cause: 'meveto' });
    expect(validator.validate([{ userId: 8, signedInAt: 1 }], LIMIT_MS)).toEqual({ reason: 'expired' });
  });

  it.each([
    [{ userId: '7', signedInAt: 2_000_000 }, 'logged-out'],
    [{ userId: '7', signedInAt: undefined }, 'logged-out'],
    [{ userId: '8', signedInAt: 1 }, 'expired'],
  ])('returns the state of %p as %s at any staleness, and counts nothing', (session, state) => {
    expect(validator.stateOf(session)).toBe(state);
    jest.useFakeTimers({ now: 0 });
    const later = new LogoutCache();
    later.remember({ userId: '7', loggedOutAt: 2_000_000 });
    const options = { maxSessionAgeMs: 4_000_000, maxStalenessMs: LIMIT_MS } as ResolvedSessions &
      ResolvedLogouts;
    validator = new SessionValidator(later, options, options, counters, { now: () => NOW }, NO_AUDIT);
    expect(validator.stateOf(session)).toBe(state);
    expect(validator.stateOf({ userId: '9', signedInAt: undefined })).toBe('unknown');
    later.refreshed(performance.now());
    jest.advanceTimersByTime(LIMIT_MS);
    expect(validator.stateOf({ userId: '9', signedInAt: undefined })).toBe('live');
    jest.advanceTimersByTime(1);
    expect(validator.stateOf({ userId: '9', signedInAt: undefined })).toBe('unknown');
    expect(validator.stateOf(session)).toBe(state);
    expect(counts()).toEqual([0, 0]);
    jest.useRealTimers();
  });

  it('refuses sessions as unknown while the logout state is too old, and lets requests without a session pass', () => {
    known = new LogoutCache();
    known.remember({ userId: '7', loggedOutAt: 2_000_000 });
    validator = new SessionValidator(
      known,
      {} as ResolvedSessions,
      { maxSessionAgeMs: 4e6 } as ResolvedLogouts,
      counters,
      { now: () => NOW },
      NO_AUDIT,
    );
    expect(validator.validate([{ userId: 8, signedInAt: NOW }], LIMIT_MS)?.reason).toBe(
      'logout-state-unknown',
    );
    expect(validator.validate([{ userId: 7, signedInAt: 1 }], LIMIT_MS)?.reason).toBe('logged-out');
    expect(validator.validate([{ userId: 8, signedInAt: NOW }], Infinity)).toBeUndefined();
    expect(validator.validate([], LIMIT_MS)).toBeUndefined();
    expect(counts()).toEqual([1, 1]);
  });
});
