import { describe, expect, it } from '@jest/globals';
import { TokenCipher } from './token-cipher.js';

const TOKEN = 'one-time-token-0123456789';
const cipher = new TokenCipher('client', 'secret');
const digest = 'digest-of-the-token';

describe('a sealed token', () => {
  it('opens with its digest', () => {
    expect(cipher.open(cipher.seal(TOKEN, digest), digest)).toBe(TOKEN);
  });

  it('opens in another process with the same credentials', () => {
    expect(new TokenCipher('client', 'secret').open(cipher.seal(TOKEN, digest), digest)).toBe(TOKEN);
  });

  it('opens in a later version', () => {
    const sealed = 'qmthKwnq.D1wOXXaQYKXUl-sq7KUxivauMVOI02F7UBjzg9Gh2d6B4-PbtHRBcYczBqTLEXDyO9XeC0U';
    expect(cipher.open(sealed, digest)).toBe(TOKEN);
  });

  it.each([
    ['secret', new TokenCipher('client', 'other secret')],
    ['client', new TokenCipher('other client', 'secret')],
  ])('does not open with another %s', (_what, other) => {
    expect(other.open(cipher.seal(TOKEN, digest), digest)).toBeUndefined();
  });

  it('does not open with another secret under a forged key id', () => {
    const other = new TokenCipher('client', 'other secret');
    const [keyId = ''] = other.seal(TOKEN, digest).split('.');
    const [, blob = ''] = cipher.seal(TOKEN, digest).split('.');
    expect(other.open(`${keyId}.${blob}`, digest)).toBeUndefined();
  });

  it('does not open on another row', () => {
    expect(cipher.open(cipher.seal(TOKEN, digest), 'digest-of-another-token')).toBeUndefined();
  });

  it('does not open when any byte is damaged', () => {
    const [keyId = '', blob = ''] = cipher.seal(TOKEN, digest).split('.');
    const bytes = Buffer.from(blob, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(index) ^ 1, index);
      expect(cipher.open(`${keyId}.${damaged.toString('base64url')}`, digest)).toBeUndefined();
    }
  });

  it.each(['', '.', 'null', 'x'.repeat(80), cipher.seal(TOKEN, digest).slice(0, 30)])(
    'cannot be %j',
    (sealed) => {
      expect(cipher.open(sealed, digest)).toBeUndefined();
    },
  );

  it('does not contain the token in readable form', () => {
    const sealed = cipher.seal(TOKEN, digest);
    const blob = Buffer.from(sealed.split('.')[1] ?? '', 'base64url');
    expect(sealed).not.toContain(TOKEN);
    expect(sealed).not.toContain(Buffer.from(TOKEN).toString('base64url'));
    expect(blob.includes(TOKEN)).toBe(false);
    expect(blob).toHaveLength(12 + 16 + TOKEN.length);
  });

  it('is different every time', () => {
    expect(cipher.seal(TOKEN, digest)).not.toBe(cipher.seal(TOKEN, digest));
  });
});

describe('a cipher whose key was changed', () => {
  const before = new TokenCipher('client', 'first key');
  const after = new TokenCipher('client', 'second key', ['first key', 'key zero']);

  it('opens tokens that an earlier key sealed, and seals with the current key', () => {
    expect(after.open(before.seal(TOKEN, digest), digest)).toBe(TOKEN);
    expect(before.open(after.seal(TOKEN, digest), digest)).toBeUndefined();
    expect(new TokenCipher('client', 'second key').open(after.seal(TOKEN, digest), digest)).toBe(TOKEN);
  });

  it('does not open tokens of an unknown key', () => {
    const other = new TokenCipher('client', 'third key');
    expect(after.open(other.seal(TOKEN, digest), digest)).toBeUndefined();
  });

  it('accepts bytes as keys', () => {
    const bytes = new TextEncoder().encode('first key');
    expect(new TokenCipher('client', bytes).open(before.seal(TOKEN, digest), digest)).toBe(TOKEN);
  });
});
