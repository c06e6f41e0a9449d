import { describe, expect, it, jest } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import type { SessionFacts } from './session.js';
import { ForbiddenException, ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import { linesOf } from '../../spec-support/log-lines.js';
import { bearerToken } from './bearer-token-reader.js';
import { readSessions } from './read-sessions.js';

const FACTS = { userId: 7, signedInAt: 1 };
const requestWith = (authorization?: string) => ({
  headers: authorization === undefined ? {} : { authorization },
});

describe('bearerToken', () => {
  it.each([
    'Bearer a.b-c_d~e+f/g==',
    'bearer a.b-c_d~e+f/g==',
    'BEARER   a.b-c_d~e+f/g==',
    // Guards of applications still use this value as a token.
    'Bearer a.b-c_d~e+f/g== x',
    'Bearer\ta.b-c_d~e+f/g==',
    ' Bearer a.b-c_d~e+f/g== ',
  ])('reads the token from %j', (authorization) => {
    const verify = jest.fn<(token: string) => SessionFacts>(() => FACTS);
    expect(bearerToken({ verify }).read(requestWith(authorization))).toBe(FACTS);
    expect(verify).toHaveBeenCalledWith('a.b-c_d~e+f/g==');
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Basic', 'Digest a=b'])(
    'finds no token in %j',
    (authorization) => {
      const verify = jest.fn<(token: string) => SessionFacts>(() => FACTS);
      expect(bearerToken({ verify }).read(requestWith(authorization))).toBeUndefined();
      expect(verify).not.toHaveBeenCalled();
    },
  );

  it('finds no session for an invalid token', () => {
    expect(bearerToken({ verify: () => undefined }).read(requestWith('Bearer a'))).toBeUndefined();
  });

  it('finds no session if verify fails', async () => {
    const fails = () => {
      throw new Error('malformed');
    };
    expect(bearerToken({ verify: fails }).read(requestWith('Bearer a'))).toBeUndefined();
    const rejects = () => Promise.reject(new Error('malformed'));
    expect(await bearerToken({ verify: rejects }).read(requestWith('Bearer a'))).toBeUndefined();
  });

  it('verifies a token asynchronously', async () => {
    const read = bearerToken({ verify: () => Promise.resolve(FACTS) }).read(requestWith('Bearer a'));
    expect(read).toBeInstanceOf(Promise);
    expect(await read).toBe(FACTS);
  });

  it('has no session to end', () => {
    const reader = bearerToken({ verify: () => FACTS });
    expect('end' in reader).toBe(false);
    expect('prepareHandshake' in reader).toBe(false);
  });

  it.each([
    [
      'synchronously',
      () => {
        throw new ServiceUnavailableException();
      },
    ],
    ['asynchronously', () => Promise.reject(new ServiceUnavailableException())],
  ])('passes on ServiceUnavailableException, thrown %s', async (_when, verify) => {
    const request = { headers: { authorization: 'Bearer abc' } };
    const read = async () => bearerToken({ verify }).read(request);
    await expect(read()).rejects.toThrow(ServiceUnavailableException);
  });

  it('finds no session if verify throws UnauthorizedException', async () => {
    const request = { headers: { authorization: 'Bearer abc' } };
    const verify = () => Promise.reject(new UnauthorizedException());
    expect(await bearerToken({ verify }).read(request)).toBeUndefined();
  });
});

describe('bearerToken with a verify that throws', () => {
  const warn = linesOf('warn');
  const named = (name: unknown, more: object = {}) =>
    Object.assign(new Error('the token s3cret is …'), { name, ...more });
  const throwing = (error: unknown) => {
    throw error;
  };
  const rejecting = (error: unknown) => Promise.resolve().then(() => throwing(error));
  const readTwice = async (verify: () => SessionFacts | undefined | Promise<SessionFacts | undefined>) => {
    const reader = bearerToken({ verify });
    for (let count = 0; count < 2; count += 1)
      expect(await reader.read(requestWith('Bearer a'))).toBeUndefined();
  };
  const ways = [throwing, rejecting];

  it.each([
    named('JsonWebTokenError'),
    named('TokenExpiredError'),
    named('NotBeforeError'),
    named('JWTExpired', { code: 'ERR_JWT_EXPIRED' }),
    named('JWSSignatureVerificationFailed', { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' }),
    named('JOSEAlgNotAllowed', { code: 'ERR_JOSE_ALG_NOT_ALLOWED' }),
    new UnauthorizedException(),
    new ForbiddenException(),
  ])('does not warn of %p, which means an invalid token', async (error) => {
    for (const way of ways) await readTwice(() => way(error));
    expect(warn).not.toHaveBeenCalled();
  });

  it('does not warn of errors of jsonwebtoken', async () => {
    const jwtService = new JwtService({ secret: 's' });
    for (const token of ['junk', jwtService.sign({ exp: 1 }), new JwtService({ secret: 't' }).sign({})])
      await readTwice(() => jwtService.verify<SessionFacts & object>(token));
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    [new TypeError('s3cret'), 'TypeError'],
    [named('QueryFailedError', { code: 'ECONNREFUSED' }), 'QueryFailedError'],
    [named('s3cret.s3cret.s3cret'), 'something without a usual name'],
    [named('a\nb s3cret'), 'something without a usual name'],
    [named('s3cret'.repeat(20)), 'something without a usual name'],
    [named(7), 'something without a usual name'],
    ['s3cret', 'something without a usual name'],
    [undefined, 'something without a usual name'],
    [{ name: 'Plain' }, 'Plain'],
  ])('warns once of %p by name, without its message', async (error, name) => {
    for (const way of ways) {
      warn.mockClear();
      await readTwice(() => way(error));
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toContain(`[MEVETO_TOKEN_NOT_VERIFIED] verify failed with ${name},`);
      expect(warn.mock.calls[0]?.[0]).not.toContain('s3cret');
    }
  });

  it('warns of ten names at most', async () => {
    let count = 0;
    const reader = bearerToken({ verify: () => throwing(named(`Error${String((count += 1))}`)) });
    for (let read = 0; read < 30; read += 1) await reader.read(requestWith('Bearer a'));
    expect(warn).toHaveBeenCalledTimes(10);
  });

  it('treats null as no session, without a warning', async () => {
    for (const verify of [() => null as never, () => Promise.resolve(null as never)])
      expect(await readSessions([bearerToken({ verify })], requestWith('Bearer a'))).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });
});
