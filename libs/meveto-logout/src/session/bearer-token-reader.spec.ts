import { describe, expect, it, jest } from '@jest/globals';
import type { SessionFacts } from '../model/session.js';
import { ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import { bearerToken } from './bearer-token-reader.js';

const FACTS = { userId: 7, signedInAt: 1 };
const requestWith = (authorization?: string) => ({
  headers: authorization === undefined ? {} : { authorization },
});

describe('an access token', () => {
  it.each([
    'Bearer a.b-c_d~e+f/g==',
    'bearer a.b-c_d~e+f/g==',
    'BEARER   a.b-c_d~e+f/g==',
    // Guards of applications take it for a token all the same.
    'Bearer a.b-c_d~e+f/g== x',
    'Bearer\ta.b-c_d~e+f/g==',
    ' Bearer a.b-c_d~e+f/g== ',
  ])('is taken from %j', (authorization) => {
    const verify = jest.fn<(token: string) => SessionFacts>(() => FACTS);
    expect(bearerToken({ verify }).read(requestWith(authorization))).toBe(FACTS);
    expect(verify).toHaveBeenCalledWith('a.b-c_d~e+f/g==');
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'xBearer a'])(
    'is not in %j',
    (authorization) => {
      const verify = jest.fn<(token: string) => SessionFacts>(() => FACTS);
      expect(bearerToken({ verify }).read(requestWith(authorization))).toBeUndefined();
      expect(verify).not.toHaveBeenCalled();
    },
  );

  it('that is not valid is nobody’s', () => {
    expect(bearerToken({ verify: () => undefined }).read(requestWith('Bearer a'))).toBeUndefined();
  });

  it('that cannot be verified is nobody’s', async () => {
    const fails = () => {
      throw new Error('malformed');
    };
    expect(bearerToken({ verify: fails }).read(requestWith('Bearer a'))).toBeUndefined();
    const rejects = () => Promise.reject(new Error('malformed'));
    expect(await bearerToken({ verify: rejects }).read(requestWith('Bearer a'))).toBeUndefined();
  });

  it('may be verified later', async () => {
    const read = bearerToken({ verify: () => Promise.resolve(FACTS) }).read(requestWith('Bearer a'));
    expect(read).toBeInstanceOf(Promise);
    expect(await read).toBe(FACTS);
  });

  it('has nothing to end', () => {
    const reader = bearerToken({ verify: () => FACTS });
    expect('end' in reader).toBe(false);
    expect('prepareHandshake' in reader).toBe(false);
  });

  it.each([
    [
      'at once',
      () => {
        throw new ServiceUnavailableException();
      },
    ],
    ['later', () => Promise.reject(new ServiceUnavailableException())],
  ])('cannot be read while the application says so, %s', async (_when, verify) => {
    const request = { headers: { authorization: 'Bearer abc' } };
    const read = async () => bearerToken({ verify }).read(request);
    await expect(read()).rejects.toThrow(ServiceUnavailableException);
  });

  it('is nobody’s where the application refuses it by an exception', async () => {
    const request = { headers: { authorization: 'Bearer abc' } };
    const verify = () => Promise.reject(new UnauthorizedException());
    expect(await bearerToken({ verify }).read(request)).toBeUndefined();
  });
});
