import { describe, expect, it } from '@jest/globals';
import { Faults } from './checks.js';
import { keysOf, previousSecretsOf } from './key-checks.js';

const KEY = 'a-key-of-32-bytes-0123456789abcd';

function faultsOf(check: (faults: Faults) => unknown): readonly string[] {
  const faults = new Faults();
  check(faults);
  return faults.found;
}

describe('keys', () => {
  it.each([
    [undefined],
    [{ current: KEY }],
    [{ current: Buffer.from(KEY) }],
    [{ current: KEY, previous: [`${KEY}2`, new Uint8Array(Buffer.from(KEY))] }],
    [() => ({ current: KEY })],
  ])('may be given (%#)', (keys) => {
    expect(faultsOf((faults) => keysOf(keys, faults))).toEqual([]);
  });

  it.each<[object | string | null, string]>([
    [{ current: KEY.slice(1) }, 'keys.current: got 31 bytes, wanted at least 32: too short to be a key.'],
    [
      { current: new Uint8Array(31) },
      'keys.current: got 31 bytes, wanted at least 32: too short to be a key.',
    ],
    [{ current: '0'.repeat(64) }, 'keys.current: it repeats a few bytes: not random enough to be a key.'],
    [
      { current: 'abcdefg'.repeat(10) },
      'keys.current: it repeats a few bytes: not random enough to be a key.',
    ],
    [{ current: 42 }, 'keys.current: wanted text or bytes.'],
    [{}, 'keys.current: wanted text or bytes.'],
    [{ current: KEY, previous: [KEY, 'short'] }, 'keys.previous[1]: got 5 bytes, wanted at least 32'],
    [{ current: KEY, previous: KEY }, 'keys.previous: wanted a list of key material.'],
    [{ current: KEY, privious: [] }, 'keys.privious: there is no such option. Known: current, previous.'],
    ['text', 'keys: wanted { current, previous? }'],
    [null, 'keys: wanted { current, previous? }'],
  ])('may not be weak or anything else (%#), and are never quoted', (keys, fault) => {
    const faults = faultsOf((found) => keysOf(keys, found));
    expect(faults).toEqual([expect.stringContaining(fault)]);
    expect(faults.join()).not.toContain(KEY.slice(1));
  });

  it('may show eight different bytes', () => {
    expect(faultsOf((faults) => keysOf({ current: 'abcdefgh'.repeat(4) }, faults))).toEqual([]);
  });
});

describe('previous client secrets', () => {
  it('are none by default, and as they are given otherwise', () => {
    const faults = new Faults();
    expect(previousSecretsOf(undefined, faults)).toEqual([]);
    expect(previousSecretsOf(['old', 'older'], faults)).toEqual(['old', 'older']);
    expect(faults.found).toEqual([]);
  });

  it.each(['old', [''], ['old', ' '], [undefined], [1], null])('may not be %j', (given) => {
    expect(faultsOf((faults) => previousSecretsOf(given, faults))).toEqual([
      'previousClientSecrets: wanted a list of non-empty strings. Leave it out if there are none.',
    ]);
  });
});
