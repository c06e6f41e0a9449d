import { describe, expect, it } from '@jest/globals';
import { refusalOf } from './session-validator.js';
import type { SessionFacts } from './session.js';

const DAY_MS = 86_400_000;
const MAX_AGE_MS = 30 * DAY_MS;
const NOW = 1_800_000_000_000;
const LOGGED_OUT_AT = NOW - 1_000;
const known = new Map([['1', LOGGED_OUT_AT]]);
const sessionRefusal = (session: SessionFacts, forgottenUntil = 0) =>
  refusalOf(session, { loggedOutAt: (userId) => known.get(userId), forgottenUntil }, NOW, MAX_AGE_MS);

describe('refusalOf', () => {
  it.each([
    [LOGGED_OUT_AT - 1, 'logged-out'],
    [LOGGED_OUT_AT, 'logged-out'],
    [LOGGED_OUT_AT + 1, undefined],
  ])('compares the start %d with the logout, ties included: %s', (signedInAt, expected) => {
    expect(sessionRefusal({ userId: '1', signedInAt })).toBe(expected);
  });

  it.each(['1', 1, 1n])('treats %p as the same user id', (userId) => {
    expect(sessionRefusal({ userId, signedInAt: LOGGED_OUT_AT })).toBe('logged-out');
  });

  it.each(['01', ' 1', 11, -1])('treats %p as another user id', (userId) => {
    expect(sessionRefusal({ userId, signedInAt: LOGGED_OUT_AT })).toBeUndefined();
  });

  it.each([
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    '1800000000001' as never,
  ])('refuses the start %p after any logout of the user', (signedInAt) => {
    expect(sessionRefusal({ userId: '1', signedInAt })).toBe('logged-out');
    expect(sessionRefusal({ userId: '2', signedInAt })).toBeUndefined();
  });

  it.each([
    [NOW - MAX_AGE_MS - 1, 'expired'],
    [NOW - MAX_AGE_MS, undefined],
    [0, 'expired'],
  ])('compares the start %d with the age of forgotten logouts: %s', (signedInAt, expected) => {
    expect(sessionRefusal({ userId: '2', signedInAt })).toBe(expected);
  });

  it.each([
    [NOW - 2 * DAY_MS, 'expired'],
    [NOW - 2 * DAY_MS + 1, undefined],
  ])('compares the start %d with the latest forgotten logout: %s', (signedInAt, expected) => {
    expect(sessionRefusal({ userId: '2', signedInAt }, NOW - 2 * DAY_MS)).toBe(expected);
    expect(sessionRefusal({ userId: '2', signedInAt: undefined }, NOW)).toBeUndefined();
  });

  it('returns logged-out for a session that is both too old and logged out', () => {
    expect(sessionRefusal({ userId: '1', signedInAt: 0 })).toBe('logged-out');
  });
});
