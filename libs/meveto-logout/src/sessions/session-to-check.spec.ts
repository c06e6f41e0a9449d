import { describe, expect, it } from '@jest/globals';
import { checkedUserId } from '../core/checked-user-id.js';
import { checkedFacts, type SessionToCheck } from './session-to-check.js';

const AT = 1_764_000_000_000;
const factsOf = (session: unknown) => checkedFacts('sessionState', session as SessionToCheck);

describe('checkedFacts', () => {
  it.each([
    [AT, AT],
    [String(AT), AT],
    [new Date(AT), AT],
    [new Date(AT).toISOString(), AT],
    ['2025-11-24T17:00:00+01:00', AT],
    [100_000_000_000, 100_000_000_000],
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    ['yesterday', undefined],
    [{}, undefined],
    [true, undefined],
  ])('reads the start %p as session readers do', (signedInAt, expected) => {
    expect(factsOf({ userId: 7, signedInAt })).toEqual({ userId: '7', signedInAt: expected });
  });

  it.each([Number.NaN, Infinity, new Date(Number.NaN)])('reads no usable start from %p', (signedInAt) => {
    expect(Number.isFinite(factsOf({ userId: 7, signedInAt }).signedInAt)).toBe(false);
  });

  it.each([0, -1, 1_764_000_000, 99_999_999_999, 99_999_999_999.9, '1764000000', '0'])(
    'refuses a start in seconds: %p',
    (signedInAt) => {
      expect(() => factsOf({ userId: 7, signedInAt })).toThrow(TypeError);
      expect(() => factsOf({ userId: 7, signedInAt })).toThrow(
        `sessionState: signedInAt is ${String(Number(signedInAt))}, which looks like seconds. Pass epoch milliseconds: seconds × 1,000.`,
      );
    },
  );

  it.each([AT * 1_000, 100_000_000_000_000, `${String(AT)}000000`])(
    'refuses a start in microseconds or smaller units: %p',
    (signedInAt) => {
      expect(() => factsOf({ userId: 7, signedInAt })).toThrow(TypeError);
    },
  );

  it.each([7, '7', 7n])('converts the user id %p to a string', (userId) => {
    expect(factsOf({ userId })).toEqual({ userId: '7', signedInAt: undefined });
  });

  it.each([
    undefined,
    null,
    '',
    ' \t\n',
    {},
    [],
    ['7'],
    { id: 7 },
    new String('7'),
    true,
    false,
    () => '7',
    Symbol('7'),
    Number.NaN,
    Infinity,
    -Infinity,
    1.5,
    2 ** 53,
  ])('refuses the user id %p', (userId) => {
    expect(() => factsOf({ userId, signedInAt: AT })).toThrow(TypeError);
    expect(() => checkedUserId('logOut', userId)).toThrow(/^logOut: userId is .+ Give the user's own id/);
  });

  it.each([undefined, null, 7, 'token', ''])('refuses %p, which is no object', (session) => {
    expect(() => factsOf(session)).toThrow(TypeError);
  });

  it('does not show the refused value', () => {
    expect(() => factsOf({ userId: { password: 'hunter2' } })).toThrow(
      "sessionState: userId is of type object. Give the user's own id: a text, a whole number up to 2^53 - 1, or a bigint.",
    );
    expect(() => factsOf('a.secret.token')).toThrow(
      'sessionState: got a text, expected { userId, signedInAt }.',
    );
  });
});
