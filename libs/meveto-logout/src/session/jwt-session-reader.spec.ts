import { describe, expect, it } from '@jest/globals';
import { jwtSession } from './jwt-session-reader.js';

const readerOf = (claims: object, options: object = {}) =>
  jwtSession({ jwtService: { verify: () => claims }, ...options });
const request = { headers: { authorization: 'Bearer a.b.c' } };
const AT = 1_800_000_000_123;

describe('a JWT', () => {
  it.each([
    [{ sub: '7', signed_in_at: AT }, AT],
    [{ sub: '7', signed_in_at: AT, iat: 1_900_000_000 }, AT],
    [{ sub: '7', iat: 1_800_000_000 }, 1_800_000_000_000],
    [{ sub: '7', iat: 1_800_000_000.9 }, 1_800_000_000_000],
    [{ sub: '7', signed_in_at: 'nonsense', iat: 1_800_000_000 }, 1_800_000_000_000],
    [{ sub: '7', iat: '1800000000' }, undefined],
    [{ sub: '7' }, undefined],
  ])('of %j began at %p', (claims, signedInAt) => {
    expect(readerOf(claims).read(request)).toEqual({ userId: '7', signedInAt });
  });

  it('may name its claims otherwise', () => {
    const reader = readerOf(
      { uid: 7, since: AT, sub: 'x', signed_in_at: 1 },
      { userId: 'uid', signedInAt: 'since' },
    );
    expect(reader.read(request)).toEqual({ userId: 7, signedInAt: AT });
  });

  it.each([{}, { sub: undefined }, { sub: ['7'] }])('of nobody is nobody’s: %j', (claims) => {
    expect(readerOf(claims).read(request)).toBeUndefined();
  });

  it('that is not valid is nobody’s', () => {
    const jwtService = {
      verify: (): object => {
        throw new Error('jwt expired');
      },
    };
    expect(jwtSession({ jwtService }).read(request)).toBeUndefined();
  });
});
