import { describe, expect, it, jest } from '@jest/globals';
import { ConfigurationError, KeysUnavailableError } from './errors.js';
import type { KeyRing, KeySource } from './key-options.js';
import { openKeys } from './open-keys.js';
import { KeyedDigest } from './keyed-digest.js';
import { TokenCipher } from './token-cipher.js';

const SECRET = 'client-secret';
const [FIRST, SECOND] = ['first-key-0123456789-abcdefghijkl', 'second-key-0123456789-abcdefghijk'];
const openWith = (keys?: KeyRing | KeySource, ...earlierSecrets: readonly string[]) =>
  openKeys('client', [SECRET, ...earlierSecrets], keys);
const digestOf = (key: string) => new KeyedDigest('client', key).ofToken('t');
const rejectWith: (reason: unknown) => Promise<never> = Promise.reject.bind(Promise);
const failure = (keys: () => unknown): Promise<unknown> =>
  openWith(keys as () => KeyRing).catch((error: unknown) => error);

describe('openKeys', () => {
  it('derives keys from the client secret, unless keys are given', async () => {
    expect((await openWith()).digests.ofToken('t')).toBe(digestOf(SECRET));
    const { digests } = await openWith({ current: FIRST });
    expect(digests.ofToken('t')).toBe(digestOf(FIRST));
  });

  it('opens tokens and recognises digests that the client secret made before keys were given', async () => {
    const before = new TokenCipher('client', SECRET);
    const sealed = before.seal('t', digestOf(SECRET));
    const { cipher, digests } = await openWith({ current: FIRST });
    expect(cipher.open(sealed, digestOf(SECRET))).toBe('t');
    expect(digests.earlierOfToken('t')).toEqual([digestOf(SECRET)]);
  });

  it('recognises digests of earlier keys and earlier client secrets', async () => {
    const { digests } = await openWith({ current: SECOND, previous: [FIRST] }, SECRET, 'older');
    expect(digests.earlierOfToken('t')).toEqual([FIRST, SECRET, 'older'].map(digestOf));
  });

  it.each<[string, () => KeyRing | Promise<KeyRing>]>([
    ['at once', () => ({ current: FIRST })],
    ['later', () => Promise.resolve({ current: Buffer.from(FIRST) })],
  ])('calls a function for its keys, which answers %s', async (_when, keys) => {
    expect((await openWith(keys)).digests.ofToken('t')).toBe(digestOf(FIRST));
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new RangeError(`no such key: ${FIRST}`);
      },
      'RangeError',
    ],
    [
      'rejects',
      () => Promise.reject(Object.assign(new Error(FIRST), { code: 'ECONNREFUSED' })),
      'Error, ECONNREFUSED',
    ],
    ['rejects with a text', () => rejectWith(FIRST), 'no error object'],
    [
      'rejects with a strange code',
      () => Promise.reject(Object.assign(new Error('x'), { code: `${FIRST} !` })),
      'Error',
    ],
  ])('rejects when the function %s, and shows nothing of the error', async (_how, keys, reason) => {
    const error = await failure(keys);
    expect(error).toBeInstanceOf(KeysUnavailableError);
    expect(error).toMatchObject({ code: 'ERR_MEVETO_KEYS_UNAVAILABLE', reason });
    expect((error as Error).cause).toBeUndefined();
    expect(String(error)).not.toContain(FIRST);
  });

  it.each([undefined, 'text', {}, { current: 'short' }, { current: FIRST, previous: ['short'] }])(
    'rejects when the function returns invalid keys (%#)',
    async (given) => {
      const error = await failure(() => given);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(String(error)).toContain('keys()');
      expect(String(error)).not.toContain(FIRST);
    },
  );

  it('rejects when the function does not answer within half a minute', async () => {
    jest.useFakeTimers();
    try {
      const opening = failure(() => new Promise(() => undefined));
      await jest.advanceTimersByTimeAsync(29_999);
      expect(jest.getTimerCount()).toBe(1);
      await jest.advanceTimersByTimeAsync(1);
      const error = await opening;
      expect(error).toBeInstanceOf(KeysUnavailableError);
      expect(error).toMatchObject({ reason: 'no answer within 30 s' });
    } finally {
      jest.useRealTimers();
    }
  });

  it('leaves no timer behind', async () => {
    jest.useFakeTimers();
    try {
      await openWith(() => ({ current: FIRST }));
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('does not show an error code that is a sentence', async () => {
    const error = await failure(() => Promise.reject(Object.assign(new Error('x'), { code: 'a sentence' })));
    expect(error).toMatchObject({ reason: 'Error' });
  });
});
