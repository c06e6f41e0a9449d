import { describe, expect, it, jest } from '@jest/globals';
import { type NamingKey, UserNames } from './user-names.js';

const namesBy = (namingKey: NamingKey, clientId = 'client'): UserNames => new UserNames(clientId, namingKey);
const away = new Error('away');
const keyOf = (fill: number) => () => Promise.resolve(Buffer.alloc(32, fill));

describe('UserNames', () => {
  const names = namesBy(keyOf(1));

  it('gives the same names with the same key and client id, and otherwise different ones', async () => {
    const name = await names.ofUsers(['7']);
    expect(name).toMatch(/^[\w-]{43}$/);
    expect(await namesBy(keyOf(1)).ofUsers(['7'])).toBe(name);
    expect(await namesBy(keyOf(2)).ofUsers(['7'])).not.toBe(name);
    expect(await namesBy(keyOf(1), 'other').ofUsers(['7'])).not.toBe(name);
  });

  it('gives different names for different users, lists of users and uses', async () => {
    const all = await Promise.all([
      names.ofUsers(['1', '2']),
      names.ofUsers(['1,2']),
      names.ofUsers(['12']),
      names.ofUsers(['7']),
      names.ofChannel('7'),
      names.ofChannel('["7"]'),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('reads the key once, offers 32 random bytes, and retries after a failure', async () => {
    const namingKey = jest.fn<NamingKey>((fresh) => Promise.resolve(fresh));
    namingKey.mockRejectedValueOnce(away);
    const own = namesBy(namingKey);
    await own.prepare();
    const [one, other] = await Promise.all([own.ofChannel('7'), own.ofChannel('7')]);
    expect(one).toBe(other);
    expect(await own.ofChannel('7')).toBe(one);
    const offered = namingKey.mock.calls.map(([fresh]) => Buffer.from(fresh).toString('hex'));
    expect(offered.map(({ length }) => length)).toEqual([64, 64]);
    expect(offered[0]).not.toBe(offered[1]);
  });

  it('rejects while the key cannot be read', async () => {
    const keyless = namesBy(() => Promise.reject(away));
    await expect(keyless.prepare()).resolves.toBeUndefined();
    await expect(keyless.ofUsers(['7'])).rejects.toThrow(away);
    await expect(keyless.ofChannel('7')).rejects.toThrow(away);
  });
});
