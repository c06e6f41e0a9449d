import { describe, expect, it } from '@jest/globals';
import { Faults } from '../core/faults.js';
import type { WebhookOptions } from './options.js';
import { resolveMeveto } from './resolve-meveto.js';

function resolved(webhook: WebhookOptions) {
  const faults = new Faults();
  const { allowFrom } = resolveMeveto({ webhook }, 6_000, faults).webhook;
  return { allowFrom, faults: faults.found.filter((fault) => fault.startsWith('webhook.')) };
}

describe('webhook.allowFrom', () => {
  it('allows every address by default', () => {
    expect(resolved({})).toEqual({ allowFrom: undefined, faults: [] });
  });

  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.8'],
    ['203.0.113.0/24', '203.0.113.255', '203.0.114.0'],
    ['0.0.0.0/0', '8.8.8.8', undefined],
    ['2001:db8::7', '2001:db8:0::7', '2001:db8::8'],
    ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::1'],
    ['10.0.0.0/8', '::ffff:10.1.2.3', '::ffff:11.1.2.3'],
  ])('reads %s, which contains %s but not %s', (entry, inside, outside) => {
    const { allowFrom, faults } = resolved({ allowFrom: [entry] });
    const has = (address: string) => allowFrom?.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
    expect(faults).toEqual([]);
    expect(has(inside)).toBe(true);
    if (outside !== undefined) expect(has(outside)).toBe(false);
  });

  it.each([
    '',
    'meveto.com',
    '203.0.113.0/33',
    '203.0.113.0/',
    '203.0.113/24',
    '::/129',
    '1.2.3.4/8/8',
    ' 1.2.3.4',
  ])('refuses %j', (entry) => {
    expect(resolved({ allowFrom: ['10.0.0.1', entry] }).faults).toEqual([
      expect.stringMatching(/^webhook\.allowFrom\[1\]: got '.*', expected an IPv4 or IPv6 address/),
    ]);
  });

  it('refuses an empty list', () => {
    expect(resolved({ allowFrom: [] }).faults).toEqual([expect.stringContaining('at least one address')]);
  });
});
