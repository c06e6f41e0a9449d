import { describe, expect, it } from '@jest/globals';
import { Faults } from './faults.js';
import { keysOf, previousSecretsOf, weaknessOfSecret } from './key-checks.js';

const KEY = 'a-key-of-32-bytes-0123456789abcd';

function faultsOf(check: (faults: Faults) => unknown): readonly string[] {
  const faults = new Faults();
  check(faults);
  return faults.found;
}

describe('keyRingOf', () => {
  it.each([
    [undefined],
    [{ current: KEY }],
    [{ current: Buffer.from(KEY) }],
    [{ current: KEY, previous: [`${KEY}2`, new Uint8Array(Buffer.from(KEY))] }],
    [() => ({ current: KEY })],
  ])('accepts strong keys (%#)', (keys) => {
    expect(faultsOf((faults) => keysOf(keys, faults))).toEqual([]);
  });

  it.each<[object | string | null, string]>([
    [{ current: KEY.slice(1) }, 'keys.current: got 31 bytes, expected at least 32: too short to be a key.'],
    [
      { current: new Uint8Array(31) },
      'keys.current: got 31 bytes, expected at least 32: too short to be a key.',
    ],
    [{ current: '0'.repeat(64) }, 'keys.current: it repeats a few bytes: not random enough to be a key.'],
    [
      { current: 'abcdefg'.repeat(10) },
      'keys.current: it repeats a few bytes: not random enough to be a key.',
    ],
    [{ current: 42 }, 'keys.current: expected text or bytes.'],
    [{}, 'keys.current: expected text or bytes.'],
    [{ current: KEY, previous: [KEY, 'short'] }, 'keys.previous[1]: got 5 bytes, expected at least 32'],
    [{ current: KEY, previous: KEY }, 'keys.previous: expected a list of key material.'],
    [
      { current: KEY, privious: [] },
      'keys.privious: there is no such option. Did you mean keys.previous? Known: current, previous.',
    ],
    ['text', 'keys: expected { current, previous? }'],
    [null, 'keys: expected { current, previous? }'],
  ])('refuses weak keys and other values (%#), and never quotes them', (keys, fault) => {
    const faults = faultsOf((found) => keysOf(keys, found));
    expect(faults).toEqual([expect.stringContaining(fault)]);
    expect(faults.join()).not.toContain(KEY.slice(1));
  });

  it('accepts a key with eight different bytes', () => {
    expect(faultsOf((faults) => keysOf({ current: 'abcdefgh'.repeat(4) }, faults))).toEqual([]);
  });
});

describe('weaknessOfSecret', () => {
  it.each([
    ['hunter2', 'got 7 bytes, expected at least 16: too short to be a key.'],
    ['fifteen-bytes-1', 'got 15 bytes, expected at least 16: too short to be a key.'],
    ['a'.repeat(40), 'it repeats a few bytes: not random enough to be a key.'],
    ['abcdefg'.repeat(9), 'it repeats a few bytes: not random enough to be a key.'],
  ])('reports a weak secret: %s', (secret, why) => {
    expect(weaknessOfSecret(secret)).toBe(why);
  });

  it.each(['sixteen-bytes-12', 'abcdefgh'.repeat(2), 'ßßßßßßßßabcdef'])(
    'accepts 16 bytes with 8 different ones: %s',
    (secret) => {
      expect(weaknessOfSecret(secret)).toBeUndefined();
    },
  );
});

describe('previousSecretsOf', () => {
  it('returns the given secrets, by default none', () => {
    const faults = new Faults();
    expect(previousSecretsOf(undefined, faults)).toEqual([]);
    expect(previousSecretsOf(['old', 'older'], faults)).toEqual(['old', 'older']);
    expect(faults.found).toEqual([]);
  });

  it.each(['old', [''], ['old', ' '], [undefined], [1], null])('refuses %j', (given) => {
    expect(faultsOf((faults) => previousSecretsOf(given, faults))).toEqual([
      'previousClientSecrets: expected a list of non-empty strings. Leave it out if there are none.',
    ]);
  });
});
