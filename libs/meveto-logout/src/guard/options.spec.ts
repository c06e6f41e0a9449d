import { describe, expect, it } from '@jest/globals';
import { Faults } from '../core/faults.js';
import { resolveGuard } from './options.js';

function faultsOf(whenLoggedOut: object): readonly string[] {
  const faults = new Faults();
  resolveGuard({ whenLoggedOut }, faults);
  return faults.found;
}

describe('options of the guard', () => {
  it.each([
    {},
    { clearSiteData: ['cache', 'cookies', 'storage', 'executionContexts', '*'] },
    { returnTo: 'next' },
    { clearCookies: [{ name: 'sid', path: '/a', domain: 'a.example', sameSite: 'none' }] },
  ])('may be %j', (whenLoggedOut) => {
    expect(faultsOf(whenLoggedOut)).toEqual([]);
  });

  it.each([
    ['clearSiteData', { clearSiteData: ['everything'] }],
    ['clearSiteData', { clearSiteData: 'cookies' }],
    ['returnTo', { returnTo: 'a&b' }],
    ['returnTo', { returnTo: '' }],
    ['returnTo', { returnTo: true }],
    ['clearCookies', { clearCookies: [{ name: 'sid', path: '/; Domain=x' }] }],
    ['clearCookies', { clearCookies: [{ name: 'sid', domain: 'a\r\nb' }] }],
    ['clearCookies', { clearCookies: [{ name: 'sid', sameSite: 'any' }] }],
    ['clearCookies', { clearCookies: [{ name: 'a b' }, { name: 'sid' }] }],
    ['clearCookies', { clearCookies: [{ name: 'sid', secure: 'false' }] }],
    ['clearCookies', { clearCookies: [{ name: 'sid', httpOnly: 0 }] }],
    ['clearCookies', { clearCookies: [{ name: 'sid', partitioned: null }] }],
  ])('report a fault in %s: %j', (name, whenLoggedOut) => {
    expect(faultsOf(whenLoggedOut)).toEqual([expect.stringContaining(`whenLoggedOut.${name}: expected`)]);
  });

  it('report a fault for an attribute that cookies do not have', () => {
    expect(faultsOf({ clearCookies: ['a', { name: 'b', samesite: 'none' }] })).toEqual([
      'whenLoggedOut.clearCookies[1].samesite: there is no such option. Did you mean ' +
        'whenLoggedOut.clearCookies[1].sameSite? Known: name, path, domain, sameSite, secure, partitioned, httpOnly.',
    ]);
  });
});
