import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { describe, expect, it } from '@jest/globals';
import { Faults } from './checks.js';
import { refuseUnknown } from './known-options.js';
import type { MevetoLogoutOptions } from './options.js';
import { resolveMeveto } from './resolve-meveto.js';

const wrong = (given: object): MevetoLogoutOptions => given as unknown as MevetoLogoutOptions;
const resolved = (given: object) => resolveMeveto(wrong(given), 8_000, new Faults());
function faultsOf(given: object): readonly string[] {
  const faults = new Faults();
  refuseUnknown(given, faults);
  resolveMeveto(wrong(given), 8_000, faults);
  return faults.found;
}

/** As older agents for proxies are: of no class of Node's, and for both protocols. */
class OldProxyAgent {
  addRequest(): void {
    throw new Error('not in this test');
  }
  destroy(): void {
    // Nothing is open.
  }
}

describe('outbound.agent', () => {
  it.each([
    ['Node’s own for https', new HttpsAgent(), 'https://meveto.example'],
    ['Node’s own for http', new HttpAgent(), 'http://127.0.0.1:3000'],
    ['a tunnel through a proxy, for https', new OldProxyAgent(), 'https://meveto.example'],
    ['a tunnel through a proxy, for http', new OldProxyAgent(), 'http://127.0.0.1:3000'],
  ])('may be %s', (_what, agent, apiUrl) => {
    expect(faultsOf({ apiUrl, outbound: { agent } })).toEqual([]);
    expect(resolved({ apiUrl, outbound: { agent } }).outbound.agent).toBe(agent);
  });

  it.each([null, 'http://proxy:3128', {}, () => undefined])('may not be %j', (agent) => {
    expect(faultsOf({ outbound: { agent } })).toEqual([
      expect.stringMatching(/^outbound\.agent: wanted an agent of the kind of Node’s http\.Agent/),
    ]);
  });

  it('must serve the protocol of apiUrl', () => {
    expect(faultsOf({ outbound: { agent: new HttpAgent() } })).toEqual([
      'outbound.agent: serves http: only, but apiUrl is https://… Give an agent for that.',
    ]);
    expect(faultsOf({ apiUrl: 'http://127.0.0.1:1', outbound: { agent: new HttpsAgent() } })).toEqual([
      'outbound.agent: serves https: only, but apiUrl is http://… Give an agent for that.',
    ]);
  });

  it('is not to be mistyped', () => {
    expect(faultsOf({ outbound: { proxy: 'http://proxy:3128' } })).toEqual([
      'outbound.proxy: there is no such option. Known: agent.',
    ]);
  });
});

describe('exchange.path', () => {
  it('is taken', () => {
    expect(resolved({ exchange: { path: '/v2/user' } }).exchange.path).toBe('/v2/user');
  });

  it.each(['', 'v2/user', '//evil.example/', 'https://evil.example/', '/\\evil.example', '/a b', 7, null])(
    'may not be %j',
    (path) => {
      const faults = faultsOf({ exchange: { path } });
      expect(faults).toEqual(path === null ? [] : [expect.stringContaining('exchange.path: got')]);
    },
  );
});

describe('what Meveto’s pending list looks like', () => {
  it('is taken, with defaults for the rest', () => {
    const authentication = () => ({ Authorization: 'Bearer x' });
    const { reconcile } = resolved({
      reconcile: {
        authentication,
        cursorParameter: 'page[after]',
        expectedStatus: false,
        fields: { calls: 'data', userToken: 'attributes.token' },
      },
    });
    expect(reconcile).toMatchObject({
      authentication,
      cursorParameter: 'page[after]',
      expectedStatus: undefined,
      fields: { calls: 'data', next: 'payload.next', userToken: 'attributes.token', id: 'id' },
    });
  });

  it.each([
    [{ authentication: 'bearer' }, /^reconcile\.authentication: wanted 'basic' or a function/],
    [
      { authentication: { Authorization: 'secret' } },
      /^reconcile\.authentication: wanted 'basic' or a function/,
    ],
    [{ cursorParameter: '' }, /^reconcile\.cursorParameter: got '', wanted a name.*'cursor'/],
    [{ cursorParameter: 'a&b' }, /^reconcile\.cursorParameter: got 'a&b', wanted a name/],
    [{ expectedStatus: '' }, /^reconcile\.expectedStatus: got an empty string/],
    [{ expectedStatus: 200 }, /^reconcile\.expectedStatus: got a number/],
    [{ fields: 'calls' }, /^reconcile\.fields: wanted an object/],
    [{ fields: { calls: 'data.' } }, /^reconcile\.fields\.calls: got 'data\.', wanted a name/],
    [{ fields: { id: 7 } }, /^reconcile\.fields\.id: got number, wanted a name/],
    [{ fields: { token: 'x' } }, /^reconcile\.fields\.token: there is no such option/],
    [{ source: {} }, /^reconcile\.source: wanted an object with a method page/],
    [{ source: () => undefined }, /^reconcile\.source: wanted an object with a method page/],
  ])('is refused when it is %j', (reconcile, fault) => {
    expect(faultsOf({ reconcile })).toEqual([expect.stringMatching(fault)]);
  });

  it('may be read by a source, beside which the rest but the schedule says nothing', () => {
    const source = { page: () => Promise.resolve({ calls: [] }) };
    expect(faultsOf({ reconcile: { cron: '* * * * *', source } })).toEqual([]);
    expect(resolved({ reconcile: { source } }).reconcile.source).toBe(source);
    expect(faultsOf({ reconcile: { source, path: '/x', fields: {} } })).toEqual([
      'reconcile.source: takes the place of reconcile.path, reconcile.fields. Leave that out.',
    ]);
  });
});
