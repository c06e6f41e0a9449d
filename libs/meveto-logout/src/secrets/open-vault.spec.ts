import { describe, expect, it, jest } from '@jest/globals';
import { ConfigurationError, KeysUnavailableError } from '../errors.js';
import type { KeyRing } from '../options/key-options.js';
import { openVault } from './open-vault.js';
import { TokenVault } from './token-vault.js';

const SECRET = 'client-secret';
const [FIRST, SECOND] = ['first-key-0123456789-abcdefghijkl', 'second-key-0123456789-abcdefghijk'];
const options = { clientId: 'client', clientSecret: SECRET, previousClientSecrets: [], keys: undefined };
const digestOf = (key: string) => new TokenVault('client', key).digestToken('t');
const rejectWith: (reason: unknown) => Promise<never> = Promise.reject.bind(Promise);
const failure = (keys: () => unknown): Promise<unknown> =>
  openVault({ ...options, keys: keys as () => KeyRing }).catch((error: unknown) => error);

describe('the vault', () => {
  it('has its keys from the client secret, unless there are others', async () => {
    expect((await openVault(options)).digestToken('t')).toBe(digestOf(SECRET));
    const vault = await openVault({ ...options, keys: { current: FIRST } });
    expect(vault.digestToken('t')).toBe(digestOf(FIRST));
    expect(vault.earlierDigestsOfToken('t')).toEqual([]);
  });

  it('recognises what earlier keys and earlier client secrets made', async () => {
    const vault = await openVault({
      ...options,
      keys: { current: SECOND, previous: [FIRST] },
      previousClientSecrets: [SECRET, 'older'],
    });
    expect(vault.earlierDigestsOfToken('t')).toEqual([FIRST, SECRET, 'older'].map(digestOf));
  });

  it.each<[string, () => KeyRing | Promise<KeyRing>]>([
    ['at once', () => ({ current: FIRST })],
    ['later', () => Promise.resolve({ current: Buffer.from(FIRST) })],
  ])('asks a function for its keys, which answers %s', async (_when, keys) => {
    expect((await openVault({ ...options, keys })).digestToken('t')).toBe(digestOf(FIRST));
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
  ])('is not opened when the function %s, and says no word of what it threw', async (_how, keys, reason) => {
    const error = await failure(keys);
    expect(error).toBeInstanceOf(KeysUnavailableError);
    expect(error).toMatchObject({ code: 'ERR_MEVETO_KEYS_UNAVAILABLE', reason });
    expect((error as Error).cause).toBeUndefined();
    expect(String(error)).not.toContain(FIRST);
  });

  it.each([undefined, 'text', {}, { current: 'short' }, { current: FIRST, previous: ['short'] }])(
    'is not opened when the function gives no good keys (%#)',
    async (given) => {
      const error = await failure(() => given);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(String(error)).toContain('keys()');
      expect(String(error)).not.toContain(FIRST);
    },
  );

  it('is not opened when the function does not answer within half a minute', async () => {
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
      await openVault({ ...options, keys: () => ({ current: FIRST }) });
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('tells no code that is a sentence', async () => {
    const error = await failure(() => Promise.reject(Object.assign(new Error('x'), { code: 'a sentence' })));
    expect(error).toMatchObject({ reason: 'Error' });
  });
});
