import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
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

  it('is verified with what the application gives for it', () => {
    const verify = jest.fn<(token: string, options?: object) => object>(() => ({ sub: '7' }));
    for (const more of [{}, { verifyOptions: { secret: 's' } }])
      expect(jwtSession({ jwtService: { verify }, ...more }).read(request)).toMatchObject({ userId: '7' });
    expect(verify.mock.calls).toEqual([['a.b.c'], ['a.b.c', { secret: 's' }]]);
  });

  it.each([
    ['has no key', new JwtService(), 1],
    ['has to fetch its key', new JwtService({ secretOrKeyProvider: () => Promise.resolve('s') }), 1],
    ['finds it not valid', new JwtService({ secret: 's' }), 0],
  ])('is nobody’s where the service %s', (_why, jwtService, times) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const bearer = new JwtService({ secret: 'another' }).sign({ sub: '7' });
    const reader = jwtSession({ jwtService });
    for (let count = 0; count < 2; count += 1)
      expect(reader.read({ headers: { authorization: `Bearer ${bearer}` } })).toBeUndefined();
    const said = warn.mock.calls.filter(([text]) => String(text).includes('jwtSession'));
    warn.mockRestore();
    expect(said).toHaveLength(times);
  });
});
