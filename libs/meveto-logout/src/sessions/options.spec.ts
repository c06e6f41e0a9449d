import { describe, expect, it } from '@jest/globals';
import { Faults } from '../core/faults.js';
import { resolveSessions } from './options.js';

const session = { read: () => undefined };

function faultsOf(options: object): readonly string[] {
  const faults = new Faults();
  resolveSessions({ session, ...options }, 2_000, faults);
  return faults.found;
}

describe('options of sessions', () => {
  it.each([
    {},
    { sessionOfMessage: {} },
    { sessionOfMessage: { rpc: () => undefined, ws: undefined } },
    { logoutState: { onUnknown: 'allow' } },
    { logoutState: { onUnknown: { graceMs: 0 } } },
  ])('may be %j', (options) => {
    expect(faultsOf(options)).toEqual([]);
  });

  it.each([
    ['sessionOfMessage.rpc', { sessionOfMessage: { rpc: 'user' } }],
    ['sessionOfMessage.ws', { sessionOfMessage: { ws: {} } }],
    ['logoutState.onUnknown', { logoutState: { onUnknown: 'maybe' } }],
    ['logoutState.onUnknown', { logoutState: { onUnknown: { graceMs: -1 } } }],
    ['logoutState.onUnknown', { logoutState: { onUnknown: null } }],
  ])('report a fault in %s: %j', (name, options) => {
    expect(faultsOf(options)).toEqual([expect.stringContaining(`${name}: expected`)]);
  });

  it('has a fault for other names beside graceMs', () => {
    expect(faultsOf({ logoutState: { onUnknown: { graceMs: 1, forMs: 2 } } })).toEqual([
      'logoutState.onUnknown.forMs: there is no such option. Known: graceMs.',
    ]);
  });

  it.each([
    ['deny', 10_000],
    ['allow', Infinity],
    [{ graceMs: 500 }, 10_500],
    [undefined, 10_000],
  ] as const)('allow with onUnknown %j a logout state of at most %d ms', (onUnknown, limitMs) => {
    const resolved = resolveSessions({ session, logoutState: { onUnknown } }, 2_000, new Faults());
    expect(resolved.stalenessLimitMs).toBe(limitMs);
  });
});
