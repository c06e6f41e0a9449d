import { describe, expect, it } from '@jest/globals';
import { TokenVault } from './token-vault.js';

const TOKEN = 'one-time-token-0123456789';
const vault = new TokenVault('client', 'secret');
const digest = vault.digestToken(TOKEN);

describe('a sealed token', () => {
  it('opens with its digest', () => {
    expect(vault.open(vault.seal(TOKEN, digest), digest)).toBe(TOKEN);
  });

  it('opens in another process with the same credentials', () => {
    expect(new TokenVault('client', 'secret').open(vault.seal(TOKEN, digest), digest)).toBe(TOKEN);
  });

  it.each([
    ['secret', new TokenVault('client', 'other secret')],
    ['client', new TokenVault('other client', 'secret')],
  ])('does not open with another %s', (_what, other) => {
    expect(other.open(vault.seal(TOKEN, digest), digest)).toBeUndefined();
  });

  it('does not open with another secret that pretends to have made it', () => {
    const other = new TokenVault('client', 'other secret');
    const [keyId = ''] = other.seal(TOKEN, digest).split('.');
    const [, blob = ''] = vault.seal(TOKEN, digest).split('.');
    expect(other.open(`${keyId}.${blob}`, digest)).toBeUndefined();
  });

  it('does not open on another row', () => {
    expect(vault.open(vault.seal(TOKEN, digest), vault.digestToken('another token'))).toBeUndefined();
  });

  it('does not open when any of its bytes is damaged', () => {
    const [keyId = '', blob = ''] = vault.seal(TOKEN, digest).split('.');
    const bytes = Buffer.from(blob, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(index) ^ 1, index);
      expect(vault.open(`${keyId}.${damaged.toString('base64url')}`, digest)).toBeUndefined();
    }
  });

  it.each(['', '.', 'null', 'x'.repeat(80), vault.seal(TOKEN, digest).slice(0, 30)])(
    'is not %j',
    (sealed) => {
      expect(vault.open(sealed, digest)).toBeUndefined();
    },
  );

  it('holds the token in no readable form', () => {
    const sealed = vault.seal(TOKEN, digest);
    const blob = Buffer.from(sealed.split('.')[1] ?? '', 'base64url');
    expect(sealed).not.toContain(TOKEN);
    expect(sealed).not.toContain(Buffer.from(TOKEN).toString('base64url'));
    expect(blob.includes(TOKEN)).toBe(false);
    expect(blob).toHaveLength(12 + 16 + TOKEN.length);
  });

  it('looks different every time', () => {
    expect(vault.seal(TOKEN, digest)).not.toBe(vault.seal(TOKEN, digest));
  });
});

describe('a digest', () => {
  it('is the same for the same token, and different for another', () => {
    expect(vault.digestToken(TOKEN)).toBe(digest);
    expect(vault.digestToken(`${TOKEN}0`)).not.toBe(digest);
    expect(digest).toMatch(/^[\w-]{43}$/);
  });

  it('is keyed: nobody without the credentials can make it', () => {
    expect(new TokenVault('client', 'other secret').digestToken(TOKEN)).not.toBe(digest);
    expect(new TokenVault('other client', 'secret').digestToken(TOKEN)).not.toBe(digest);
  });

  it('of a person is never that of a token', () => {
    expect(vault.digestPerson(TOKEN)).not.toBe(digest);
    expect(vault.digestPerson('m-1')).toBe(new TokenVault('client', 'secret').digestPerson('m-1'));
    expect(vault.digestPerson('m-1')).not.toBe(vault.digestPerson('m-2'));
  });
});

describe('digests of other things', () => {
  it('are never those of the same text as something else', () => {
    const all = [
      vault.digestToken('7'),
      vault.digestPerson('7'),
      vault.digestSender('7'),
      vault.digestMessage('7'),
      vault.digestChannel('7'),
      vault.digestUsers(['7']),
    ];
    expect(new Set(all).size).toBe(all.length);
    for (const each of all) expect(each).toMatch(/^[\w-]{43}$/);
  });

  it('tell lists of users apart that look alike when they are put together', () => {
    expect(vault.digestUsers(['1', '2'])).not.toBe(vault.digestUsers(['1,2']));
    expect(vault.digestUsers(['1', '2'])).not.toBe(vault.digestUsers(['12']));
  });

  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['::FFFF:10.0.0.1', '10.0.0.1', true],
    ['::ffff:a00:1', 'a00:1', false],
    ['1::ffff:10.0.0.1', '110.0.0.1', false],
  ])('of the addresses %s and %s are the same: %p', (one, other, isSame) => {
    expect(vault.digestSender(one) === vault.digestSender(other)).toBe(isSame);
  });
});

describe('a vault whose key was changed', () => {
  const before = new TokenVault('client', 'first key');
  const after = new TokenVault('client', 'second key', ['first key', 'key zero']);

  it('opens what an earlier key sealed, and seals with the current one', () => {
    const old = before.digestToken(TOKEN);
    expect(after.open(before.seal(TOKEN, old), old)).toBe(TOKEN);
    expect(before.open(after.seal(TOKEN, digest), digest)).toBeUndefined();
    expect(new TokenVault('client', 'second key').open(after.seal(TOKEN, digest), digest)).toBe(TOKEN);
  });

  it('opens nothing of a key that it was not given', () => {
    const other = new TokenVault('client', 'third key');
    expect(after.open(other.seal(TOKEN, digest), digest)).toBeUndefined();
  });

  it('knows what earlier keys made of tokens, persons and senders, newest first', () => {
    const zero = new TokenVault('client', 'key zero');
    expect(after.digestToken(TOKEN)).toBe(new TokenVault('client', 'second key').digestToken(TOKEN));
    expect(after.earlierDigestsOfToken(TOKEN)).toEqual([before.digestToken(TOKEN), zero.digestToken(TOKEN)]);
    expect(after.earlierDigestsOfPerson('m-1')).toEqual([
      before.digestPerson('m-1'),
      zero.digestPerson('m-1'),
    ]);
    expect(after.earlierDigestsOfSender('::ffff:10.0.0.1')).toEqual([
      before.digestSender('10.0.0.1'),
      zero.digestSender('10.0.0.1'),
    ]);
    expect(after.earlierDigestsOfMessage('text')).toEqual([
      before.digestMessage('text'),
      zero.digestMessage('text'),
    ]);
    expect(after.earlierDigestsOfUsers(['7'])).toEqual([before.digestUsers(['7']), zero.digestUsers(['7'])]);
    expect(after.earlierDigestsOfChannel('7')).toEqual([before.digestChannel('7'), zero.digestChannel('7')]);
    expect(before.earlierDigestsOfToken(TOKEN)).toEqual([]);
  });

  it('takes bytes for keys', () => {
    const bytes = new TextEncoder().encode('first key');
    expect(new TokenVault('client', bytes).digestToken(TOKEN)).toBe(before.digestToken(TOKEN));
  });
});
