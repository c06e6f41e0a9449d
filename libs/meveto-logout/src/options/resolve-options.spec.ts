import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '../errors.js';
import { bearerToken } from '../session/bearer-token-reader.js';
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

/** What JavaScript callers may write. */
const wrong = (options: object): MevetoLogoutOptions => options as unknown as MevetoLogoutOptions;

function faultsOf(options: object, importCount?: number): readonly string[] {
  try {
    resolveOptions(wrong({ ...given, ...options }), importCount);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('resolveOptions', () => {
  it('fills in every default', () => {
    expect(resolveOptions(given)).toEqual({
      clientId: 'client',
      clientSecret: 'the client secret',
      previousClientSecrets: [],
      keys: undefined,
      apiUrl: 'https://prod.meveto.com',
      store: given.store,
      sessions: [given.session],
      whenLoggedOut: {
        redirectTo: '/login',
        loginPaths: [],
        clearCookies: [],
        clearSiteData: [],
        returnTo: undefined,
      },
      sessionOfMessage: {},
      outbound: { agent: undefined },
      exchange: { path: '/api/client/user-for-token', timeoutMs: 5_000, concurrency: 16, perSecond: 100 },
      reconcile: {
        cron: '0 */5 * * * *',
        path: '/api/client/webhooks/pending',
        authentication: 'basic',
        cursorParameter: 'cursor',
        expectedStatus: 'Pending_Webhooks_Retrieved',
        fields: {
          status: 'status',
          calls: 'payload.webhooks',
          next: 'payload.next',
          id: 'id',
          type: 'type',
          userToken: 'user_token',
          createdAt: 'created_at',
        },
        source: undefined,
      },
      webhook: { secretPath: undefined },
      acknowledge: 'on-receipt',
      tokenStorage: 'sealed',
      leaseMs: 8_000,
      callTtlMs: 86_400_000,
      retentionMs: 604_800_000,
      rejectedRetentionMs: 86_400_000,
      maxSessionAgeMs: 2_592_000_000,
      refreshIntervalMs: 1_000,
      maxStalenessMs: 10_000,
      stalenessLimitMs: 10_000,
      maxWaitingPerLane: 10_000,
      storeTimeoutMs: 2_500,
      shutdownTimeoutMs: 7_000,
      onProtectionRemoved: undefined,
    });
  });

  it('takes an explicit undefined for the default', () => {
    const options = wrong({
      ...given,
      apiUrl: undefined,
      leaseMs: undefined,
      exchange: { timeoutMs: undefined },
      whenLoggedOut: undefined,
    });
    expect(resolveOptions(options)).toEqual(resolveOptions(given));
  });

  it('keeps what is given', () => {
    const hook = () => undefined;
    const session = [expressSession(), bearerToken({ verify: () => undefined })];
    const resolved = resolveOptions({
      ...given,
      apiUrl: 'https://sandbox.meveto.com/',
      session,
      whenLoggedOut: { redirectTo: '/out?from=meveto', clearCookies: ['sid', { name: 'b', path: '/b' }] },
      exchange: { timeoutMs: 100, concurrency: 1, perSecond: 1 },
      reconcile: { cron: '*/10 * * * *', path: '/pending' },
      webhook: { secretPath: 'A-secret_of-22-chars00' },
      leaseMs: 1_000,
      onProtectionRemoved: hook,
    });
    expect(resolved).toMatchObject({
      apiUrl: 'https://sandbox.meveto.com',
      sessions: session,
      whenLoggedOut: {
        redirectTo: '/out?from=meveto',
        loginPaths: [],
        clearCookies: [{ name: 'sid' }, { name: 'b', path: '/b' }],
      },
      exchange: { timeoutMs: 100, concurrency: 1, perSecond: 1 },
      reconcile: { cron: '*/10 * * * *', path: '/pending' },
      webhook: { secretPath: 'A-secret_of-22-chars00' },
      leaseMs: 1_000,
    });
    expect(resolved.onProtectionRemoved).toBe(hook);
  });

  it('lists every fault at once, with its remedy', () => {
    const faults = faultsOf(
      {
        clientId: '',
        clientSecret: undefined,
        apiUrl: 'http://meveto.example',
        store: undefined,
        session: undefined,
        whenLoggedOut: { redirectTo: 'https://evil.example' },
        reconcile: { cron: 'now and then' },
        webhook: { secretPath: 'short' },
        leaseMs: 0,
      },
      2,
    );
    expect(faults).toEqual([
      'MevetoLogoutModule is imported 2 times. Import forRoot() once, in the root module; its exports are visible everywhere.',
      'leaseMs: got 0, wanted an integer from 1000 to 30000. Leave it out for the default, 8000.',
      'clientId: got an empty string, wanted a non-empty string. Copy it from your application’s page at Meveto.',
      'clientSecret: got nothing, wanted a non-empty string. Give the secret that Meveto issued, from the environment.',
      'store: wanted typeOrmStore({ … }) or memoryStore({ … }). Calls and logouts must be kept somewhere.',
      'session: wanted a session reader, e.g. expressSession() or bearerToken({ verify }), or a list of them.',
      `whenLoggedOut.redirectTo: got 'https://evil.example', wanted a path of the same origin that starts with a single '/'. Example: '/login'.`,
      `apiUrl: got http://meveto.example/, wanted an origin that is https, or http on a loopback address, without path, credentials or query. Example: 'https://prod.meveto.com'.`,
      `reconcile.cron: got 'now and then', wanted a cron expression of five fields, or six with seconds. Example: '0 */5 * * * *' for every five minutes.`,
      `webhook.secretPath: wanted at least 22 URL-safe characters (A-Z a-z 0-9 _ -). Make one: node -p "require('crypto').randomBytes(24).toString('base64url')".`,
    ]);
  });

  it('says them in one message', () => {
    expect(() => resolveOptions({ ...given, clientId: ' ', leaseMs: 1 })).toThrow(
      new ConfigurationError([
        'leaseMs: got 1, wanted an integer from 1000 to 30000. Leave it out for the default, 8000.',
        'clientId: got a string, wanted a non-empty string. Copy it from your application’s page at Meveto.',
      ]),
    );
    expect(new ConfigurationError(['a', 'b'])).toMatchObject({
      code: 'ERR_MEVETO_CONFIGURATION',
      message: 'MevetoLogoutModule cannot start:\n  - a\n  - b',
    });
  });

  it('quotes no secret', () => {
    const text = faultsOf({
      clientSecret: { key: 'hunter2' },
      apiUrl: 'https://user:hunter2@meveto.example/?key=hunter2#hunter2',
      webhook: { secretPath: 'hunter2' },
      leaseMs: 'hunter2',
    }).join('\n');
    expect(text).toContain('clientSecret: got a object');
    expect(text).toContain('webhook.secretPath');
    expect(text).not.toContain('hunter2');
  });

  it.each([undefined, null, 'text', []])('says what is missing when it is given %j', (options) => {
    expect(() => resolveOptions(options as never)).toThrow(/clientId: got nothing.*\n.*clientSecret/);
  });
});

describe('apiUrl', () => {
  it.each([
    ['https://prod.meveto.com', 'https://prod.meveto.com'],
    ['https://meveto.example:8443/', 'https://meveto.example:8443'],
    ['http://localhost:4000', 'http://localhost:4000'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
    ['http://127.9.9.9', 'http://127.9.9.9'],
    ['http://[::1]:4000', 'http://[::1]:4000'],
  ])('may be %s', (apiUrl, origin) => {
    expect(resolveOptions({ ...given, apiUrl }).apiUrl).toBe(origin);
  });

  it.each([
    'http://prod.meveto.com',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1',
    'ftp://localhost',
    'https://meveto.example/api',
    'https://user@meveto.example',
    'https://meveto.example?x=1',
    'https://meveto.example#x',
    'prod.meveto.com',
    '',
    null,
    7,
  ])('may not be %j', (apiUrl) => {
    const faults = faultsOf({ apiUrl });
    if (apiUrl === null) expect(faults).toEqual([]);
    else expect(faults).toEqual([expect.stringMatching(/^apiUrl: got .*, wanted an origin that is https/)]);
  });
});
