import { describe, expect, it } from '@jest/globals';
import { Faults } from './checks.js';
import type { MevetoLogoutOptions } from './options.js';
import { resolveAnswer, resolveSessionOfMessage, resolveStalenessLimit } from './resolve-answer.js';

const given = (options: object) => options as MevetoLogoutOptions;

function faultsOf(options: object): readonly string[] {
  const faults = new Faults();
  resolveAnswer(given(options), faults);
  resolveSessionOfMessage(given(options), faults);
  resolveStalenessLimit(given(options), 10_000, faults);
  return faults.found;
}

describe('how refused requests are answered', () => {
  it.each([
    {},
    { whenLoggedOut: { clearSiteData: ['cache', 'cookies', 'storage', 'executionContexts', '*'] } },
    { whenLoggedOut: { returnTo: 'next' } },
    { whenLoggedOut: { clearCookies: [{ name: 'sid', path: '/a', domain: 'a.example', sameSite: 'none' }] } },
    { sessionOfMessage: {} },
    { sessionOfMessage: { rpc: () => undefined, ws: undefined } },
    { onLogoutStateUnknown: 'allow' },
    { onLogoutStateUnknown: { graceMs: 0 } },
  ])('may be %j', (options) => {
    expect(faultsOf(options)).toEqual([]);
  });

  it.each([
    ['whenLoggedOut.clearSiteData', { whenLoggedOut: { clearSiteData: ['everything'] } }],
    ['whenLoggedOut.clearSiteData', { whenLoggedOut: { clearSiteData: 'cookies' } }],
    ['whenLoggedOut.returnTo', { whenLoggedOut: { returnTo: 'a&b' } }],
    ['whenLoggedOut.returnTo', { whenLoggedOut: { returnTo: '' } }],
    ['whenLoggedOut.returnTo', { whenLoggedOut: { returnTo: true } }],
    [
      'whenLoggedOut.clearCookies',
      { whenLoggedOut: { clearCookies: [{ name: 'sid', path: '/; Domain=x' }] } },
    ],
    ['whenLoggedOut.clearCookies', { whenLoggedOut: { clearCookies: [{ name: 'sid', domain: 'a\r\nb' }] } }],
    ['whenLoggedOut.clearCookies', { whenLoggedOut: { clearCookies: [{ name: 'sid', sameSite: 'any' }] } }],
    ['whenLoggedOut.clearCookies', { whenLoggedOut: { clearCookies: [{ name: 'a b' }, { name: 'sid' }] } }],
    ['sessionOfMessage.rpc', { sessionOfMessage: { rpc: 'user' } }],
    ['sessionOfMessage.ws', { sessionOfMessage: { ws: {} } }],
    ['onLogoutStateUnknown', { onLogoutStateUnknown: 'maybe' }],
    ['onLogoutStateUnknown', { onLogoutStateUnknown: { graceMs: -1 } }],
  ])('has a fault in %s: %j', (name, options) => {
    expect(faultsOf(options)).toEqual([expect.stringContaining(`${name}: wanted`)]);
  });

  it.each([
    ['deny', 10_000],
    ['allow', Infinity],
    [{ graceMs: 500 }, 10_500],
    [undefined, 10_000],
  ] as const)('while nothing is known: %j allows an age of %d ms', (onLogoutStateUnknown, limitMs) => {
    const options = given({ onLogoutStateUnknown });
    expect(resolveStalenessLimit(options, 10_000, new Faults())).toBe(limitMs);
  });
});
