import { describe, expect, it } from '@jest/globals';
import { refusalOf } from './session-verdict.js';
import type { SessionFacts } from './session.js';

const DAY_MS = 86_400_000;
const MAX_AGE_MS = 30 * DAY_MS;
const NOW = 1_800_000_000_000;
const LOGGED_OUT_AT = NOW - 1_000;
const known = new Map([['1', LOGGED_OUT_AT]]);
const verdict = (session: SessionFacts, forgottenUntil = 0) =>
  refusalOf(session, { loggedOutAt: (userId) => known.get(userId), forgottenUntil }, NOW, MAX_AGE_MS);

describe('a session', () => {
  it.each([
    [LOGGED_OUT_AT - 1, 'logged-out'],
    [LOGGED_OUT_AT, 'logged-out'],
    [LOGGED_OUT_AT + 1, undefined],
  ])('that began at %d is over exactly if that is at or before the logout: %s', (signedInAt, expected) => {
    expect(verdict({ userId: '1', signedInAt })).toBe(expected);
  });

  it.each(['1', 1, 1n])('of user %p is that user’s, whatever the id’s type', (userId) => {
    expect(verdict({ userId, signedInAt: LOGGED_OUT_AT })).toBe('logged-out');
  });

  it.each(['01', ' 1', 11, -1])('of user %p is another user’s', (userId) => {
    expect(verdict({ userId, signedInAt: LOGGED_OUT_AT })).toBeUndefined();
  });

  it.each([
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    '1800000000001' as never,
  ])('that began at %p is over as soon as its user was ever logged out', (signedInAt) => {
    expect(verdict({ userId: '1', signedInAt })).toBe('logged-out');
    expect(verdict({ userId: '2', signedInAt })).toBeUndefined();
  });

  it.each([
    [NOW - MAX_AGE_MS - 1, 'expired'],
    [NOW - MAX_AGE_MS, undefined],
    [0, 'expired'],
  ])('that began at %d is too old exactly if logouts from then are forgotten: %s', (signedInAt, expected) => {
    expect(verdict({ userId: '2', signedInAt })).toBe(expected);
  });

  it.each([
    [NOW - 2 * DAY_MS, 'expired'],
    [NOW - 2 * DAY_MS + 1, undefined],
  ])('that began at %d is over exactly if a logout since then was forgotten: %s', (signedInAt, expected) => {
    expect(verdict({ userId: '2', signedInAt }, NOW - 2 * DAY_MS)).toBe(expected);
    expect(verdict({ userId: '2', signedInAt: undefined }, NOW)).toBeUndefined();
  });

  it('that is both too old and logged out says that it was logged out', () => {
    expect(verdict({ userId: '1', signedInAt: 0 })).toBe('logged-out');
  });
});
