import { describe, expect, it, jest } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { linesOf } from '../../spec-support/log-lines.js';
import { jwtSession } from './jwt-session-reader.js';

const readerOf = (claims: object, options: object = {}) =>
  jwtSession({ jwtService: { verify: () => claims }, ...options });
const request = { headers: { authorization: 'Bearer a.b.c' } };
const AT = 1_800_000_000_123;

const warn = linesOf('warn');

describe('jwtSession', () => {
  it.each([
    [{ sub: '7', signed_in_at: AT }, AT],
    [{ sub: '7', signed_in_at: AT, iat: 1_900_000_000 }, AT],
    [{ sub: '7', iat: 1_800_000_000 }, 1_800_000_000_000],
    [{ sub: '7', iat: 1_800_000_000.9 }, 1_800_000_000_000],
    [{ sub: '7', signed_in_at: 'nonsense', iat: 1_800_000_000 }, 1_800_000_000_000],
    [{ sub: '7', iat: '1800000000' }, undefined],
    [{ sub: '7' }, undefined],
  ])('reads the start of %j as %p', (claims, signedInAt) => {
    expect(readerOf(claims).read(request)).toEqual({ userId: '7', signedInAt });
  });

  it('reads claims with other names', () => {
    const reader = readerOf(
      { uid: 7, since: AT, sub: 'x', signed_in_at: 1 },
      { userId: 'uid', signedInAt: 'since' },
    );
    expect(reader.read(request)).toEqual({ userId: 7, signedInAt: AT });
  });

  it.each([
    [{ sub: 'a', userId: 8, id: 9 }, 'a'],
    [{ userId: 8, id: 9 }, 8],
    [{ id: 7 }, 7],
    [{ id: 0 }, 0],
  ])('reads the first usable id of sub, userId and id: %j', (claims, userId) => {
    expect(readerOf(claims).read(request)).toMatchObject({ userId });
  });

  it('reads the first of different ids, with one warning that names the option', () => {
    const reader = readerOf({ sub: 'auth0|9', id: 7 });
    for (let count = 0; count < 2; count += 1)
      expect(reader.read(request)).toMatchObject({ userId: 'auth0|9' });
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/^\[MEVETO_USER_IDS_DIFFER\] .*jwtSession\(\{ userId: 'sub' \}\)/),
        'MevetoLogout',
      ],
    ]);
  });

  it.each([
    ['https://host.example/user.id', { 'https://host.example/user.id': 7, sub: 'x' }],
    ['user.id', { user: { id: 7 }, sub: 'x' }],
  ])('reads only the id that the option names: %s', (userId, claims) => {
    expect(readerOf(claims, { userId }).read(request)).toMatchObject({ userId: 7 });
    expect(warn).not.toHaveBeenCalled();
  });

  it.each<[object | string | null, object]>([
    [{}, {}],
    [{ sub: undefined }, {}],
    [{ sub: ['7'] }, {}],
    [{ uid: 7 }, {}],
    [{ sub: '7' }, { userId: 'uid' }],
    ['a text', {}],
    [null, {}],
  ])('finds no session without a usable id, with one warning: %j', (claims, options) => {
    const reader = readerOf(claims as object, options);
    for (let count = 0; count < 2; count += 1) expect(reader.read(request)).toBeUndefined();
    expect(warn.mock.calls).toEqual([[expect.stringContaining('jwtSession({ userId:'), 'MevetoLogout']]);
  });

  it('finds no session for an invalid token', () => {
    const jwtService = {
      verify: (): object => {
        throw new Error('jwt expired');
      },
    };
    expect(jwtSession({ jwtService }).read(request)).toBeUndefined();
  });

  it('passes verifyOptions to the JwtService', () => {
    const verify = jest.fn<(token: string, options?: object) => object>(() => ({ sub: '7' }));
    for (const more of [{}, { verifyOptions: { secret: 's' } }])
      expect(jwtSession({ jwtService: { verify }, ...more }).read(request)).toMatchObject({ userId: '7' });
    expect(verify.mock.calls).toEqual([['a.b.c'], ['a.b.c', { secret: 's' }]]);
  });

  it.each([
    ['has no key', new JwtService(), 1],
    ['must fetch its key', new JwtService({ secretOrKeyProvider: () => Promise.resolve('s') }), 1],
    ['finds the token invalid', new JwtService({ secret: 's' }), 0],
  ])('finds no session if the JwtService %s', (_why, jwtService, times) => {
    const bearer = new JwtService({ secret: 'another' }).sign({ sub: '7' });
    const reader = jwtSession({ jwtService });
    for (let count = 0; count < 2; count += 1)
      expect(reader.read({ headers: { authorization: `Bearer ${bearer}` } })).toBeUndefined();
    // The JwtService logs a warning of its own.
    const said = warn.mock.calls.filter(([, context]) => context === 'MevetoLogout');
    expect(said).toHaveLength(times);
    for (const [text] of said) expect(text).toContain('[MEVETO_TOKEN_KEY_MISSING] jwtSession');
  });

  it.each([
    ['Bearer abc', []],
    ['Bearer a.b', []],
    ['Bearer a.b.c.d', []],
    ['Bearer a.b.c.d.e', []],
    ['Bearer a..c', []],
    ['x Bearer a.b.c y', ['a.b.c']],
    ['Token token="a.b.c"', ['a.b.c']],
    ['Bearer "a.b.c"', ['a.b.c']],
  ])('verifies only the JWTs of %j', (authorization, verified) => {
    const verify = jest.fn<(token: string) => object>(() => ({ sub: '7' }));
    void jwtSession({ jwtService: { verify } }).read({ headers: { authorization } });
    expect(verify.mock.calls.map(([token]) => token)).toEqual(verified);
  });

  it('verifies the token that the application names', () => {
    const verify = jest.fn<(token: string) => object>(() => ({ sub: '7' }));
    const cookies = { cookies: { jwt: 'd.e.f' } };
    const token = (source: object) => (source as Partial<typeof cookies>).cookies?.jwt;
    const reader = jwtSession({ jwtService: { verify }, token });
    expect(reader.read(request)).toBeUndefined();
    expect(reader.read(Object.assign({}, request, cookies))).toMatchObject({ userId: '7' });
    expect(verify.mock.calls).toEqual([['d.e.f']]);
  });
});
