import { describe, expect, it } from '@jest/globals';
import { TokenVault } from '../secrets/token-vault.js';
import { logoutsOf, messagesOf } from './cluster-message.js';

const keys = new TokenVault('client', 'secret');
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ userId: `user "${String(index)}" ü`, loggedOutAt: index }));

describe('messages of logouts', () => {
  it.each([0, 1, 2, 2_000])('bring %d logouts across, in their order', (count) => {
    const heard = messagesOf(many(count), keys).flatMap((message) => logoutsOf(message, keys) ?? []);
    expect(heard).toEqual(many(count));
  });

  it('are few, and each fits into a notification of PostgreSQL with what Socket.IO puts around it', () => {
    const messages = messagesOf(many(2_000), keys);
    expect(messages.length).toBeLessThan(20);
    for (const message of messages) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(7_500);
    expect(messagesOf(many(20), keys)).toHaveLength(1);
  });

  it('are understood by who has the same client id and key, also while keys are changed, and by nobody else', () => {
    const [message] = messagesOf(many(1), keys);
    expect(logoutsOf(message, new TokenVault('client', 'secret'))).toEqual(many(1));
    expect(logoutsOf(message, new TokenVault('client', 'new secret', ['secret']))).toEqual(many(1));
    expect(logoutsOf(message, new TokenVault('client', 'other secret'))).toBeUndefined();
    expect(logoutsOf(message, new TokenVault('other client', 'secret'))).toBeUndefined();
  });

  it('are not understood when anything of them was changed', () => {
    const [message] = messagesOf(many(1), keys);
    expect(logoutsOf({ ...message, logouts: '[["user",1]]' }, keys)).toBeUndefined();
    expect(logoutsOf({ ...message, version: 2 }, keys)).toBeUndefined();
    expect(logoutsOf({ ...message, mac: '' }, keys)).toBeUndefined();
  });

  it.each([
    '',
    'x',
    '{}',
    '[7]',
    '[["a"]]',
    '[["a",1,2]]',
    '[[1,1]]',
    '[["a","1"]]',
    '[["a",-1]]',
    '[["a",1.5]]',
  ])('hold nothing but user ids and times, whoever made them: %s', (logouts) => {
    expect(logoutsOf({ version: 1, logouts, mac: keys.digestMessage(logouts) }, keys)).toBeUndefined();
  });
});
