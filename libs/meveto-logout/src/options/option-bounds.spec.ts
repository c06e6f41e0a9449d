import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '../errors.js';
import { expressSession } from '../session/express-session-reader.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { MevetoLogoutOptions } from './options.js';
import { resolveOptions } from './resolve-options.js';

const given: MevetoLogoutOptions = {
  clientId: 'client',
  clientSecret: 'the client secret',
  store: memoryStore({ users: { findByMevetoId: () => undefined } }),
  session: expressSession(),
};

function faultsOf(options: object): readonly string[] {
  try {
    resolveOptions({ ...given, ...options });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

const nested = (name: string, value: unknown): object =>
  name.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;

describe.each([
  ['leaseMs', 1_000, 30_000],
  ['callTtlMs', 60_000, 2_592_000_000],
  ['retentionMs', 3_600_000, 31_536_000_000],
  ['rejectedRetentionMs', 60_000, 604_800_000],
  ['maxSessionAgeMs', 60_000, 31_536_000_000],
  ['refreshIntervalMs', 50, 60_000],
  ['maxStalenessMs', 2_000, 86_400_000],
  ['maxWaitingPerLane', 100, 1_000_000],
  ['storeTimeoutMs', 100, 30_000],
  ['shutdownTimeoutMs', 0, 60_000],
  ['exchange.timeoutMs', 100, 6_000],
  ['exchange.concurrency', 1, 256],
  ['exchange.perSecond', 1, 10_000],
])('%s', (name, min, max) => {
  it.each([min, max])('may be %d', (value) => {
    expect(faultsOf(nested(name, value))).toEqual([]);
  });

  it.each([min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY])('may not be %d', (value) => {
    expect(faultsOf(nested(name, value))).toEqual([
      expect.stringContaining(
        `${name}: got ${String(value)}, wanted an integer from ${String(min)} to ${String(max)}. Leave it out`,
      ),
    ]);
  });

  it('may not be a text', () => {
    expect(faultsOf(nested(name, String(min)))).toEqual([expect.stringContaining(`${name}: got a string`)]);
  });
});

describe('durations that depend on each other', () => {
  it('keep an exchange within three quarters of a lease', () => {
    expect(resolveOptions({ ...given, leaseMs: 4_000 }).exchange.timeoutMs).toBe(3_000);
    expect(faultsOf({ leaseMs: 4_000, exchange: { timeoutMs: 3_001 } })).toEqual([
      'exchange.timeoutMs: got 3001, wanted an integer from 100 to 3000. Leave it out for the default, 3000.',
    ]);
  });

  it('keep knowledge good for two refreshes at least', () => {
    expect(resolveOptions({ ...given, refreshIntervalMs: 60_000 }).maxStalenessMs).toBe(120_000);
    expect(faultsOf({ refreshIntervalMs: 10_000, maxStalenessMs: 19_999 })).toEqual([
      'maxStalenessMs: got 19999, wanted an integer from 20000 to 86400000. Leave it out for the default, 20000.',
    ]);
  });
});

describe.each([
  ['acknowledge', ['on-receipt', 'after-logout'] as const],
  ['tokenStorage', ['sealed', 'none'] as const],
])('%s', (name, words) => {
  it.each([...words, undefined])('may be %s', (word) => {
    expect(faultsOf({ [name]: word })).toEqual([]);
    expect(resolveOptions({ ...given, [name]: word })).toMatchObject({ [name]: word ?? words[0] });
  });

  it.each(['', words[0].toUpperCase(), true, 1])('may not be %j', (value) => {
    expect(faultsOf({ [name]: value })).toEqual([
      expect.stringContaining(
        `wanted '${words[0]}' or '${words[1]}'. Leave it out for the default, '${words[0]}'.`,
      ),
    ]);
  });
});

describe('webhook.secretPath', () => {
  it.each(['x'.repeat(22), 'abcdefghijklmnopqrstuvwxyz0123456789-_ABC'])('may be %s', (secretPath) => {
    expect(faultsOf({ webhook: { secretPath } })).toEqual([]);
  });

  it.each(['x'.repeat(21), `${'x'.repeat(30)}/`, `${'x'.repeat(30)} `, `${'x'.repeat(30)}\n`, '', null, 7])(
    'may not be %j',
    (secretPath) => {
      expect(faultsOf({ webhook: { secretPath } })).toEqual([
        expect.stringContaining('webhook.secretPath: wanted at least 22 URL-safe characters'),
      ]);
    },
  );
});

describe('paths', () => {
  it.each([['/api/login'], [7], [undefined], '/login', {}].map((loginPaths) => [loginPaths]))(
    'may be several, as a list: %j',
    (loginPaths) => {
      const isGood = Array.isArray(loginPaths) && loginPaths[0] === '/api/login';
      expect(faultsOf({ whenLoggedOut: { loginPaths: loginPaths as never } })).toEqual(
        isGood ? [] : [expect.stringContaining('whenLoggedOut.loginPaths: ')],
      );
    },
  );

  it.each(['/', '/login', '/a/b?c=d', '/%0a'])('may be %s', (redirectTo) => {
    expect(faultsOf({ whenLoggedOut: { redirectTo } })).toEqual([]);
  });

  it('have no fragment where a browser is sent: the page would not be loaded anew', () => {
    expect(faultsOf({ whenLoggedOut: { redirectTo: '/#/login' } })).toEqual([
      expect.stringContaining(
        'whenLoggedOut.redirectTo: got a path with a fragment. Name a page of the server',
      ),
    ]);
  });

  it.each([
    '',
    'login',
    '//evil.example',
    '/\\evil.example',
    '/a\\b',
    '/a b',
    '/a\r\nb',
    'https://a.example',
    7,
  ])('may not be %j', (path) => {
    expect(faultsOf({ whenLoggedOut: { redirectTo: path }, reconcile: { path } })).toEqual([
      expect.stringContaining('whenLoggedOut.redirectTo: got'),
      expect.stringContaining('reconcile.path: got'),
    ]);
  });
});

describe('reconcile.cron', () => {
  it.each(['*/5 * * * *', '*/2 * * * * *', '0 0 * * *'])('may be %s', (cron) => {
    expect(faultsOf({ reconcile: { cron } })).toEqual([]);
  });

  it.each(['', '* *', '99 * * * *', 'every minute', 5])('may not be %j', (cron) => {
    expect(faultsOf({ reconcile: { cron } })).toEqual([expect.stringContaining('reconcile.cron: got')]);
  });
});

describe('store and session', () => {
  it.each([null, 'typeorm', {}, { create: true }])('store may not be %j', (store) => {
    expect(faultsOf({ store })).toEqual([expect.stringContaining('store: wanted typeOrmStore')]);
  });

  it.each([null, [], {}, [{}], [{ read: () => undefined }, undefined]])(
    'session may not be %j',
    (session) => {
      expect(faultsOf({ session })).toEqual([expect.stringContaining('session: wanted a session reader')]);
    },
  );
});

describe('a mistyped option', () => {
  it('is a fault, not a default that nobody wanted', () => {
    expect(faultsOf({ whenLogedOut: {}, exchange: { timeout: 1 } })).toEqual([
      expect.stringMatching(/^whenLogedOut: there is no such option\. Known: .*whenLoggedOut/),
      expect.stringMatching(/^exchange\.timeout: there is no such option\. Known: path, timeoutMs, /),
    ]);
  });
});

describe('whenLoggedOut.clearCookies', () => {
  it.each([['sid;x'], [''], ['a b'], [{}], [null], [7]])('may not hold %j', (cookie) => {
    expect(faultsOf({ whenLoggedOut: { clearCookies: [cookie] } })).toEqual([
      `whenLoggedOut.clearCookies: wanted a list of cookie names, or of objects with a name. Example: ['connect.sid'].`,
    ]);
  });

  it('may not be a text', () => {
    expect(faultsOf({ whenLoggedOut: { clearCookies: 'connect.sid' } })).toEqual([
      expect.stringContaining('whenLoggedOut.clearCookies: wanted a list of cookie names'),
    ]);
  });
});
