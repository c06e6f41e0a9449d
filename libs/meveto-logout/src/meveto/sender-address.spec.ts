import { describe, expect, it } from '@jest/globals';
import { senderAddressOf, withoutPort } from './sender-addresses.js';

describe('the address of a sender', () => {
  it.each([
    ['198.51.100.7:51234', '198.51.100.7'],
    ['198.51.100.7:1', '198.51.100.7'],
    ['[2001:db8::7]:51234', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[fe80::1%eth0]:51234', 'fe80::1%eth0'],
    ['::ffff:198.51.100.7:51234', '::ffff:198.51.100.7'],
    ['[::ffff:198.51.100.7]:51234', '::ffff:198.51.100.7'],
  ])('is returned without the port: %s', (given, address) => {
    expect(withoutPort(given)).toBe(address);
  });

  it.each([
    '198.51.100.7',
    '2001:db8::7',
    '2001:db8::7:5123',
    '::1',
    '::ffff:198.51.100.7',
    'fe80::1%eth0',
    // Not addresses.
    '',
    'unknown',
    'unknown:80',
    '_hidden:80',
    '[198.51.100.7]:80',
    '[2001:db8::7:80',
    '2001:db8::7]:80',
    '[2001:db8::7]x:80',
    '[2001:db8::7]:port',
    '198.51.100.7:',
    '198.51.100.7:123456',
    '198.51.100.7:80:80',
    '999.51.100.7:80',
  ])('stays unchanged otherwise: %s', (given) => {
    expect(withoutPort(given)).toBe(given);
  });

  it('comes from the HTTP adapter, or else from the connection', () => {
    const socket = { remoteAddress: '192.0.2.1' } as never;
    const headers = {};
    expect(senderAddressOf({ ip: '198.51.100.7:51234', socket, headers })).toBe('198.51.100.7');
    expect(senderAddressOf({ socket, headers })).toBe('192.0.2.1');
    expect(senderAddressOf({ socket: {} as never, headers })).toBeUndefined();
  });
});
