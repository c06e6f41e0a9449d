import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from './core/errors.js';
import { expressSession } from './sessions/express-session-reader.js';
import { memoryStore } from './store/memory/memory-store.js';
import type { MevetoLogoutOptions } from './options.js';
import { resolveOptions } from './resolve-options.js';

const given: MevetoLogoutOptions = {
  clientId: 'client',
  clientSecret: 'the client secret',
  store: memoryStore(),
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
  ['inbox.leaseMs', 1_000, 30_000],
  ['inbox.jobTtlMs', 60_000, 2_592_000_000],
  ['inbox.retentionMs', 3_600_000, 31_536_000_000],
  ['logouts.maxSessionAgeMs', 60_000, 31_536_000_000],
  ['logouts.pollIntervalMs', 50, 60_000],
  ['logoutState.maxStalenessMs', 2_000, 86_400_000],
  ['inbox.maxWaitingPerPriority', 100, 1_000_000],
  ['storeTimeoutMs', 100, 30_000],
  ['inbox.shutdownTimeoutMs', 0, 60_000],
  ['exchange.timeoutMs', 100, 6_000],
  ['inbox.concurrency', 1, 256],
  ['inbox.perSecond', 1, 10_000],
])('%s', (name, min, max) => {
  it.each([min, max])('may be %d', (value) => {
    expect(faultsOf(nested(name, value))).toEqual([]);
  });

  it.each([min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY])('may not be %d', (value) => {
    expect(faultsOf(nested(name, value))).toEqual([
      expect.stringContaining(
        `${name}: got ${String(value)}, expected an integer from ${String(min)} to ${String(max)}. Leave it out`,
      ),
    ]);
  });

  it('may not be a string', () => {
    expect(faultsOf(nested(name, String(min)))).toEqual([expect.stringContaining(`${name}: got a string`)]);
  });
});

describe.each([
  ['acknowledge', ['on-receipt', 'after-logout'] as const],
  ['tokenStorage', ['sealed', 'none'] as const],
])('%s', (name, words) => {
  it.each([...words, undefined])('may be %s', (word) => {
    expect(faultsOf({ inbox: { [name]: word } })).toEqual([]);
    const { inbox } = resolveOptions({ ...given, inbox: { [name]: word } });
    expect(inbox).toMatchObject({ [name]: word ?? words[0] });
  });

  it.each(['', words[0].toUpperCase(), true, 1])('may not be %j', (value) => {
    expect(faultsOf({ inbox: { [name]: value } })).toEqual([
      expect.stringContaining(
        `expected '${words[0]}' or '${words[1]}'. Leave it out for the default, '${words[0]}'.`,
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
        expect.stringContaining('webhook.secretPath: expected at least 22 URL-safe characters'),
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

  it('have no fragment where a browser is redirected: it would not reload the page', () => {
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
      expect.stringContaining('reconcile.path: got'),
      expect.stringContaining('whenLoggedOut.redirectTo: got'),
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
    expect(faultsOf({ store })).toEqual([expect.stringContaining('store: expected typeOrmStore')]);
  });

  it.each([null, [], {}, [{}], [{ read: () => undefined }, undefined]])(
    'session may not be %j',
    (session) => {
      expect(faultsOf({ session })).toEqual([expect.stringContaining('session: expected a session reader')]);
    },
  );
});

describe('a mistyped option', () => {
  it('is a fault that names the nearest option, and does not fall back to a default', () => {
    expect(faultsOf({ whenLogedOut: {}, exchange: { timeout: 1 }, leaseMs: 1 })).toEqual([
      expect.stringMatching(
        /^whenLogedOut: there is no such option\. Did you mean whenLoggedOut\? Known: .*whenLoggedOut/,
      ),
      expect.stringMatching(/^leaseMs: there is no such option\. Did you mean inbox\.leaseMs\? Known: /),
      expect.stringMatching(
        /^exchange\.timeout: there is no such option\. Did you mean exchange\.timeoutMs\? Known: path, timeoutMs\.$/,
      ),
    ]);
  });

  it.each([
    'outbound',
    'exchange',
    'reconcile',
    'webhook',
    'inbox',
    'logouts',
    'logoutState',
    'whenLoggedOut',
    'sessionOfMessage',
  ])('is a fault where %s is no object', (name) => {
    expect(faultsOf({ [name]: 'text' })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: got a string, expected an object with options\\. Known: `)),
    ]);
  });
});

describe('whenLoggedOut.clearCookies', () => {
  it.each([['sid;x'], [''], ['a b'], [{}], [null], [7]])('may not hold %j', (cookie) => {
    expect(faultsOf({ whenLoggedOut: { clearCookies: [cookie] } })).toEqual([
      `whenLoggedOut.clearCookies: expected a list of cookie names, or of objects with a name. Example: ['connect.sid'].`,
    ]);
  });

  it('may not be a string', () => {
    expect(faultsOf({ whenLoggedOut: { clearCookies: 'connect.sid' } })).toEqual([
      expect.stringContaining('whenLoggedOut.clearCookies: expected a list of cookie names'),
    ]);
  });
});
