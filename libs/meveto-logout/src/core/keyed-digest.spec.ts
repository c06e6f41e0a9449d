import { describe, expect, it } from '@jest/globals';
import { KeyedDigest } from './keyed-digest.js';

const TOKEN = 'one-time-token-0123456789';
const digests = new KeyedDigest('client', 'secret');
const digest = digests.ofToken(TOKEN);

describe('a digest', () => {
  it('is equal for the same token, and different for another', () => {
    expect(digests.ofToken(TOKEN)).toBe(digest);
    expect(digests.ofToken(`${TOKEN}0`)).not.toBe(digest);
    expect(digest).toMatch(/^[\w-]{43}$/);
  });

  it('stays the same in later versions: stored jobs are recognised by it', () => {
    expect(digest).toBe('_AZvggFQW8xGnQuK7E0DZE5iMn-i8mO5NQ0zHyAxJAI');
  });

  it('is keyed: it cannot be made without the credentials', () => {
    expect(new KeyedDigest('client', 'other secret').ofToken(TOKEN)).not.toBe(digest);
    expect(new KeyedDigest('other client', 'secret').ofToken(TOKEN)).not.toBe(digest);
  });

  it('of a Meveto ID never equals that of a token', () => {
    expect(digests.ofSubject(TOKEN)).not.toBe(digest);
    expect(digests.ofSubject('m-1')).toBe(new KeyedDigest('client', 'secret').ofSubject('m-1'));
    expect(digests.ofSubject('m-1')).not.toBe(digests.ofSubject('m-2'));
  });
});

describe('digests of other things', () => {
  it('never equal those of the same text in another role', () => {
    const all = [digests.ofToken('7'), digests.ofSubject('7'), digests.ofSender('7'), digests.ofMessage('7')];
    expect(new Set(all).size).toBe(all.length);
    for (const each of all) expect(each).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['::FFFF:10.0.0.1', '10.0.0.1', true],
    ['::ffff:a00:1', 'a00:1', false],
    ['1::ffff:10.0.0.1', '110.0.0.1', false],
  ])('of the addresses %s and %s are the same: %p', (one, other, isSame) => {
    expect(digests.ofSender(one) === digests.ofSender(other)).toBe(isSame);
  });
});

describe('digests whose key was changed', () => {
  const before = new KeyedDigest('client', 'first key');
  const after = new KeyedDigest('client', 'second key', ['first key', 'key zero']);

  it('are made of tokens, subjects, senders and messages with earlier keys, too, newest first', () => {
    const zero = new KeyedDigest('client', 'key zero');
    expect(after.ofToken(TOKEN)).toBe(new KeyedDigest('client', 'second key').ofToken(TOKEN));
    expect(after.earlierOfToken(TOKEN)).toEqual([before.ofToken(TOKEN), zero.ofToken(TOKEN)]);
    expect(after.earlierOfSubject('m-1')).toEqual([before.ofSubject('m-1'), zero.ofSubject('m-1')]);
    expect(after.earlierOfSender('::ffff:10.0.0.1')).toEqual([
      before.ofSender('10.0.0.1'),
      zero.ofSender('10.0.0.1'),
    ]);
    expect(after.earlierOfMessage('text')).toEqual([before.ofMessage('text'), zero.ofMessage('text')]);
    expect(before.earlierOfToken(TOKEN)).toEqual([]);
  });

  it('accept bytes as keys', () => {
    const bytes = new TextEncoder().encode('first key');
    expect(new KeyedDigest('client', bytes).ofToken(TOKEN)).toBe(before.ofToken(TOKEN));
  });
});
