import { Logger, ServiceUnavailableException } from '@nestjs/common';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { bearerToken } from './bearer-token-reader.js';
import { InvalidTokenException } from './token-texts.js';
import type { TokenSource } from './session-reader.port.js';

const FACTS = { userId: 7, signedInAt: 1 };
const requestWith = (authorization: string) => ({ headers: { authorization } });

describe('bearerToken with several tokens', () => {
  const AT = { old: 1, new: 2, other: 3 };
  const verify = jest.fn((token: string) =>
    token in AT ? { userId: token === 'other' ? 8 : 7, signedInAt: AT[token as keyof typeof AT] } : undefined,
  );
  const reader = bearerToken({ verify });
  beforeEach(() => {
    verify.mockClear();
  });
  const handshake = (more: Partial<TokenSource>): TokenSource => ({ headers: {}, ...more });

  it('counts the latest token of each user', () => {
    const read = (authorization: string) => reader.read(requestWith(authorization));
    expect(read('Bearer old, Bearer new')).toEqual({ userId: 7, signedInAt: 2 });
    expect(read('Bearer new, Bearer other, Bearer old')).toEqual([
      { userId: 7, signedInAt: 2 },
      { userId: 8, signedInAt: 3 },
    ]);
  });

  it('verifies each token once per request, however often the request is read', () => {
    const request = requestWith('x old old Bearer old');
    for (let times = 0; times < 3; times += 1) void reader.read(request);
    expect(verify.mock.calls.filter(([token]) => token === 'old')).toHaveLength(1);
    void reader.read(requestWith('Bearer old'));
    expect(verify.mock.calls.filter(([token]) => token === 'old')).toHaveLength(2);
  });

  it('finds no session after the header was removed', () => {
    const request = requestWith('Bearer old');
    expect(reader.read(request)).toBeDefined();
    void reader.renew?.(request);
    expect(reader.read(request)).toBeUndefined();
  });

  it.each<[string, Partial<TokenSource>]>([
    ['auth.token', { auth: { token: 'Bearer\told' } }],
    ['auth.authorization', { auth: { token: 'x', Authorization: ' Bearer old' } }],
    ['query.token', { query: { token: ['x', 'old'] } }],
    ['the header', { auth: { token: 'x' }, headers: { authorization: 'Bearer old' } }],
    ['parameters', { connectionParams: { authorization: 'x', AUTHORIZATION: 'Bearer old' } }],
    ['a parameter', { connectionParams: { authorization: 'x', Token: 'old' } }],
    ['lists in lists', { auth: { token: [['x', [[['old']]]]] } }],
    ['headers of parameters', { connectionParams: { Headers: { Authorization: 'x old' } } }],
  ])('finds the tokens of a handshake in %s', (_where, more) => {
    expect(reader.read({ headers: {} }, handshake(more))).toEqual({ userId: 7, signedInAt: 1 });
  });

  it('does not read other fields of a handshake', () => {
    const fields = { refreshToken: 'old', refresh: 'old', id: 'old', csrf: 'old', xtoken: 'old' };
    const source = handshake({
      headers: { cookie: 'token=old', 'x-token': 'old' },
      auth: fields,
      query: { ...fields, authorization: 'old' },
      connectionParams: { ...fields, headers: fields, token: { token: 'old' } },
    });
    expect(reader.read({ headers: source.headers }, source)).toBeUndefined();
    expect(verify).not.toHaveBeenCalled();
  });

  it('ignores handshake fields that are not objects', () => {
    for (const auth of ['old', ['old'], null, 7, () => 'old'])
      expect(reader.read({ headers: {} }, handshake({ auth: auth as never }))).toBeUndefined();
  });

  it.each<[string, Partial<TokenSource>]>([
    ['9 tokens', { auth: { token: 'a b c d e f g h old' } }],
    [
      'tokens of more than 8 KiB together',
      { auth: { token: 'a'.repeat(5_000), authorization: 'b'.repeat(4_000) } },
    ],
    ['a scheme that is not known', { headers: { authorization: 'Other a b c d e f g h old' } }],
    ['lists that are too deep', { auth: { token: [[[[[[[[[[['old']]]]]]]]]]] } }],
    [
      'more than 8 texts',
      { auth: { token: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `Basic ${String(n)}`), authorization: 'old' } },
    ],
    ['much white space', { auth: { token: `Bearer${' '.repeat(9_000)}old` } }],
  ])('refuses a handshake beyond the limits: %s', (_what, more) => {
    expect(() => reader.read({ headers: {} }, handshake(more))).toThrow(InvalidTokenException);
  });

  it('ignores later rejections when another token fails synchronously', async () => {
    const fails = bearerToken({
      verify: (token) => {
        if (token === 'b') throw new ServiceUnavailableException();
        return Promise.reject(new ServiceUnavailableException());
      },
    });
    expect(() => fails.read(requestWith('a b'))).toThrow(ServiceUnavailableException);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('bearerToken with a value that is no token', () => {
  it('does not warn beside a valid token, however the verification of the value fails', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const fails = () => {
      throw new RangeError('no id of a token');
    };
    for (const verify of [
      (token: string) => (token === 'good' ? FACTS : fails()),
      (token: string) => Promise.resolve().then(() => (token === 'good' ? FACTS : fails())),
    ])
      expect(await bearerToken({ verify }).read(requestWith('x good'))).toBe(FACTS);
    expect(warn).not.toHaveBeenCalled();
    await bearerToken({ verify: fails }).read(requestWith('x bad'));
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});

describe('bearerToken with the option token', () => {
  const verify = jest.fn((token: string) => (token === 'old' ? FACTS : undefined));
  beforeEach(() => {
    verify.mockClear();
  });

  it('verifies only this token', () => {
    const token = jest.fn(({ query }: TokenSource) => query?.['jwt'] as string | undefined);
    const reader = bearerToken({ verify, token });
    const request = { headers: { authorization: 'Bearer old' } };
    expect(reader.read(request)).toBeUndefined();
    expect(verify).not.toHaveBeenCalled();
    const source = { ...request, query: { jwt: 'old' } };
    expect(reader.read(request, source)).toBe(FACTS);
    expect(token.mock.calls).toEqual([[request], [source]]);
  });

  it.each([7, ['old'], { token: 'old' }, Promise.resolve('old')])(
    'throws a TypeError that names the remedy for %j',
    (given) => {
      const read = () => bearerToken({ verify, token: () => given as never }).read({ headers: {} });
      expect(read).toThrow(TypeError);
      expect(read).toThrow(
        /option token returned .* Return the token synchronously as a string, or undefined/,
      );
    },
  );

  it('ignores the rejection of a returned promise', async () => {
    const token = () => Promise.reject(new Error('no token')) as never;
    expect(() => bearerToken({ verify, token }).read({ headers: {} })).toThrow('returned a promise');
    await new Promise((resolve) => setImmediate(resolve));
  });

  it.each(['Bearer old', ' bearer\told '])('accepts the token with its scheme: %j', (given) => {
    expect(bearerToken({ verify, token: () => given }).read({ headers: {} })).toBe(FACTS);
  });

  it.each([undefined, '', ' ', null])('finds no session for the token %j', (given) => {
    expect(bearerToken({ verify, token: () => given as never }).read({ headers: {} })).toBeUndefined();
    expect(verify).not.toHaveBeenCalled();
  });

  it('refuses a token of more than 8 KiB', () => {
    const reader = bearerToken({ verify, token: () => 'a'.repeat(8_193) });
    expect(() => reader.read({ headers: {} })).toThrow(InvalidTokenException);
  });

  it('passes on an error of the option', () => {
    const token = (source: TokenSource) => (source.auth as { token: string }).token;
    expect(() => bearerToken({ verify, token }).read({ headers: {} })).toThrow(TypeError);
  });
});
