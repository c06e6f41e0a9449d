import { describe, expect, it } from '@jest/globals';
import { KeyedDigest } from '../core/keyed-digest.js';
import { logoutsOf, messagesOf } from './cluster-message.js';

const digests = new KeyedDigest('client', 'secret');
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ userId: `user "${String(index)}" ü`, loggedOutAt: index }));

describe('cluster messages', () => {
  it.each([0, 1, 2, 2_000])('carry %d logouts in order', (count) => {
    const received = messagesOf(many(count), digests).flatMap((message) => logoutsOf(message, digests) ?? []);
    expect(received).toEqual(many(count));
  });

  it('are few, and each one with Socket.IO’s envelope fits into a PostgreSQL notification', () => {
    const messages = messagesOf(many(2_000), digests);
    expect(messages.length).toBeLessThan(20);
    for (const message of messages) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(7_500);
    expect(messagesOf(many(20), digests)).toHaveLength(1);
  });

  it('are accepted with the same client id and key, also while keys change, and not otherwise', () => {
    const [message] = messagesOf(many(1), digests);
    expect(logoutsOf(message, new KeyedDigest('client', 'secret'))).toEqual(many(1));
    expect(logoutsOf(message, new KeyedDigest('client', 'new secret', ['secret']))).toEqual(many(1));
    expect(logoutsOf(message, new KeyedDigest('client', 'other secret'))).toBeUndefined();
    expect(logoutsOf(message, new KeyedDigest('other client', 'secret'))).toBeUndefined();
  });

  it('are refused when any part is changed', () => {
    const [message] = messagesOf(many(1), digests);
    expect(logoutsOf({ ...message, logouts: '[["user",1]]' }, digests)).toBeUndefined();
    expect(logoutsOf({ ...message, version: 2 }, digests)).toBeUndefined();
    expect(logoutsOf({ ...message, mac: '' }, digests)).toBeUndefined();
  });

  it('carry reasons, and omit the reason of Meveto’s logouts', () => {
    const logouts = [
      { userId: '1', loggedOutAt: 1, reason: 'meveto' },
      { userId: '2', loggedOutAt: 2, reason: 'password-change' },
      { userId: '3', loggedOutAt: 3 },
    ];
    const [message] = messagesOf(logouts, digests);
    expect(logoutsOf(message, digests)?.map(({ reason }) => reason)).toEqual([
      'meveto',
      'password-change',
      'meveto',
    ]);
    expect(messagesOf(many(1), digests)[0]).not.toHaveProperty('reasons');
    expect(messagesOf([{ userId: '1', loggedOutAt: 1, reason: 'meveto' }], digests)).toEqual(
      messagesOf([{ userId: '1', loggedOutAt: 1 }], digests),
    );
  });

  it('are compatible with replicas that do not know reasons, in both directions', () => {
    const [message] = messagesOf([{ userId: '1', loggedOutAt: 1, reason: 'ban' }], digests);
    // The fields that such a replica reads and sends.
    const known = { version: 1, logouts: message?.logouts, mac: message?.mac };
    expect(known).toEqual(messagesOf([{ userId: '1', loggedOutAt: 1 }], digests)[0]);
    expect(logoutsOf(known, digests)).toEqual([{ userId: '1', loggedOutAt: 1 }]);
  });

  it('fit into a PostgreSQL notification with their reasons', () => {
    const reason = 'x'.repeat(32);
    const logouts = many(500).map((logout) => ({ ...logout, reason }));
    const messages = messagesOf(logouts, digests);
    for (const message of messages) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(7_500);
    expect(messages.flatMap((message) => logoutsOf(message, digests) ?? [])).toEqual(logouts);
  });

  it.each([
    { reasons: '["other"]' },
    { reasonsMac: '' },
    { reasonsMac: undefined },
    { reasons: 7 },
    { reasonsMac: 7 },
  ])('are refused when any part of their reasons is changed: %j', (change) => {
    const [message] = messagesOf([{ userId: '1', loggedOutAt: 1, reason: 'ban' }], digests);
    expect(logoutsOf({ ...message, ...change }, digests)).toBeUndefined();
  });

  it.each(['', 'x', '{}', '[7]'])('are refused unless all reasons are texts: %s', (reasons) => {
    const [message] = messagesOf([{ userId: '1', loggedOutAt: 1, reason: 'ban' }], digests);
    const reasonsMac = digests.ofMessage(String(message?.logouts) + reasons);
    expect(logoutsOf({ ...message, reasons, reasonsMac }, digests)).toBeUndefined();
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
  ])('are refused unless they contain user ids and times only: %s', (logouts) => {
    expect(logoutsOf({ version: 1, logouts, mac: digests.ofMessage(logouts) }, digests)).toBeUndefined();
  });
});
