import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { describe, expect, it } from '@jest/globals';
import { Faults } from '../core/faults.js';
import { refuseUnknown } from '../core/option-table.js';
import { mevetoTable, resolveMeveto } from './resolve-meveto.js';

const CLIENT = { clientId: 'client', clientSecret: 'the client secret' };
const resolved = (given: object) => resolveMeveto({ ...CLIENT, ...given }, 6_000, new Faults());
function faultsOf(given: object): readonly string[] {
  const faults = new Faults();
  refuseUnknown(mevetoTable(), given, faults);
  resolveMeveto({ ...CLIENT, ...given }, 6_000, faults);
  return faults.found;
}

/** Like older proxy agents: not a subclass of Node's agents, and for both protocols. */
class OldProxyAgent {
  addRequest(): void {
    throw new Error('not in this test');
  }
  destroy(): void {
    // There are no open connections.
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
      expect.stringMatching(/^outbound\.agent: expected an agent of the kind of Node’s http\.Agent/),
    ]);
  });

  it('refuses an unknown option', () => {
    expect(faultsOf({ outbound: { proxy: 'http://proxy:3128' } })).toEqual([
      'outbound.proxy: there is no such option. Known: agent.',
    ]);
  });
});

describe('exchange.path', () => {
  it('may be configured', () => {
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

describe('the source of the list of pending webhooks', () => {
  it.each([
    [{ authentication: 'basic' }, /^reconcile\.authentication: there is no such option/],
    [{ fields: {} }, /^reconcile\.fields: there is no such option/],
    [{ source: {} }, /^reconcile\.source: expected an object with a method page/],
    [{ source: () => undefined }, /^reconcile\.source: expected an object with a method page/],
  ])('is refused as %j', (reconcile, fault) => {
    expect(faultsOf({ reconcile })).toEqual([expect.stringMatching(fault)]);
  });

  it('excludes the path of the assumed list', () => {
    const source = { page: () => Promise.resolve({ webhooks: [] }) };
    expect(faultsOf({ reconcile: { cron: '* * * * *', source } })).toEqual([]);
    expect(resolved({ reconcile: { source } }).reconcile.source).toBe(source);
    expect(faultsOf({ reconcile: { source, path: '/x' } })).toEqual([
      'reconcile.source: takes the place of reconcile.path. Leave that out.',
    ]);
  });
});
