import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from './core/errors.js';
import { bearerToken } from './sessions/bearer-token-reader.js';
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

/** Options of any type, as JavaScript callers may give them. */
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
      meveto: {
        clientId: 'client',
        clientSecret: 'the client secret',
        apiUrl: 'https://prod.meveto.com',
        outbound: { agent: undefined },
        exchange: { path: '/api/client/user-for-token', timeoutMs: 5_000 },
        reconcile: {
          cron: '0 */5 * * * *',
          path: '/api/client/webhooks/pending',
          source: undefined,
        },
        webhook: { secretPath: undefined, allowFrom: undefined },
      },
      keys: { previousClientSecrets: [], keys: undefined },
      store: { store: given.store, storeTimeoutMs: 2_500 },
      inbox: {
        acknowledge: 'on-receipt',
        tokenStorage: 'sealed',
        concurrency: 16,
        perSecond: 100,
        maxWaitingPerPriority: 10_000,
        leaseMs: 8_000,
        jobTtlMs: 86_400_000,
        retentionMs: 604_800_000,
        ambiguousRetentionMs: 2_592_000_000,
        shutdownTimeoutMs: 7_000,
      },
      logouts: { pollIntervalMs: 1_000, maxSessionAgeMs: 2_592_000_000 },
      sessions: {
        sessions: [given.session],
        sessionOfMessage: { rpc: undefined, ws: undefined },
        maxStalenessMs: 10_000,
        stalenessLimitMs: 10_000,
      },
      guard: {
        whenLoggedOut: {
          redirectTo: '/login',
          loginPaths: [],
          clearCookies: [],
          clearSiteData: [],
          returnTo: undefined,
        },
      },
      hooks: { onEvent: undefined, onProtectionRemoved: undefined },
    });
  });

  it('replaces an explicit undefined by the default', () => {
    const options = wrong({
      ...given,
      apiUrl: undefined,
      inbox: { leaseMs: undefined },
      exchange: { timeoutMs: undefined },
      logouts: undefined,
      whenLoggedOut: undefined,
    });
    expect(resolveOptions(options)).toEqual(resolveOptions(given));
  });

  it('keeps the given values', () => {
    const hook = () => undefined;
    const session = [expressSession(), bearerToken({ verify: () => undefined })];
    const resolved = resolveOptions({
      ...given,
      apiUrl: 'https://sandbox.meveto.com/',
      session,
      whenLoggedOut: { redirectTo: '/out?from=meveto', clearCookies: ['sid', { name: 'b', path: '/b' }] },
      exchange: { timeoutMs: 100 },
      reconcile: { cron: '*/10 * * * *', path: '/pending' },
      webhook: { secretPath: 'A-secret_of-22-chars00' },
      inbox: { concurrency: 1, perSecond: 1, leaseMs: 1_000 },
      onProtectionRemoved: hook,
    });
    expect(resolved).toMatchObject({
      meveto: {
        apiUrl: 'https://sandbox.meveto.com',
        exchange: { timeoutMs: 100 },
        reconcile: { cron: '*/10 * * * *', path: '/pending' },
        webhook: { secretPath: 'A-secret_of-22-chars00' },
      },
      sessions: { sessions: session },
      guard: {
        whenLoggedOut: {
          redirectTo: '/out?from=meveto',
          loginPaths: [],
          clearCookies: [{ name: 'sid' }, { name: 'b', path: '/b' }],
        },
      },
      inbox: { concurrency: 1, perSecond: 1, leaseMs: 1_000 },
    });
    expect(resolved.hooks.onProtectionRemoved).toBe(hook);
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
        inbox: { leaseMs: 0 },
      },
      2,
    );
    expect(faults).toEqual([
      'MevetoLogoutModule is imported 2 times. Import forRoot() once, in the root module; its exports are visible everywhere.',
      'inbox.leaseMs: got 0, expected an integer from 1000 to 30000. Leave it out for the default, 8000.',
      'clientId: got an empty string, expected a non-empty string. Copy it from your application’s page at Meveto.',
      'clientSecret: got nothing, expected a non-empty string. Give the secret that Meveto issued, from the environment.',
      `apiUrl: got http://meveto.example/, expected an origin that is https, or http on a loopback address, without path, credentials or query. Example: 'https://prod.meveto.com'.`,
      `reconcile.cron: got 'now and then', expected a cron expression of five fields, or six with seconds. Example: '0 */5 * * * *' for every five minutes.`,
      `webhook.secretPath: expected at least 22 URL-safe characters (A-Z a-z 0-9 _ -). Make one: node -p "require('crypto').randomBytes(24).toString('base64url')".`,
      'store: expected typeOrmStore({ … }), sqlStore({ … }) or memoryStore({ … }). Jobs and logouts must be kept somewhere.',
      'session: expected a session reader, e.g. expressSession() or bearerToken({ verify }), or a list of them.',
      `whenLoggedOut.redirectTo: got 'https://evil.example', expected a path of the same origin that starts with a single '/'. Example: '/login'.`,
    ]);
  });

  it('lists them in one message', () => {
    expect(() => resolveOptions({ ...given, clientId: ' ', inbox: { leaseMs: 1 } })).toThrow(
      new ConfigurationError([
        'inbox.leaseMs: got 1, expected an integer from 1000 to 30000. Leave it out for the default, 8000.',
        'clientId: got a string, expected a non-empty string. Copy it from your application’s page at Meveto.',
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
      inbox: { leaseMs: 'hunter2' },
    }).join('\n');
    expect(text).toContain('clientSecret: got an object');
    expect(text).toContain('webhook.secretPath');
    expect(text).not.toContain('hunter2');
  });

  it('quotes nothing of an apiUrl that begins with credentials', () => {
    expect(faultsOf({ apiUrl: 'client:hunter2@meveto.example' })).toEqual([
      expect.stringMatching(/^apiUrl: got a string, expected an origin/),
    ]);
  });

  it.each(['webhokPath', 'livePsh', 'globalgaurd'])('suggests the right static option for %s', (name) => {
    expect(faultsOf({ [name]: 'x' })).toEqual([
      expect.stringMatching(
        /^\w+: there is no such option\. Did you mean (webhookPath|livePush|globalGuard)\? Known: /,
      ),
    ]);
  });

  it.each([undefined, null, 'text', []])('names the missing options when it is given %j', (options) => {
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
    expect(resolveOptions({ ...given, apiUrl }).meveto.apiUrl).toBe(origin);
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
    else expect(faults).toEqual([expect.stringMatching(/^apiUrl: got .*, expected an origin that is https/)]);
  });
});

describe('a static option that a factory gives', () => {
  it.each(['isGlobal', 'globalGuard', 'webhookPath', 'browserPath', 'publicMetadataKeys', 'livePush'])(
    'is a fault that names its place: %s',
    (name) => {
      expect(faultsOf({ [name]: undefined })).toEqual([
        `${name}: is a static option, which useFactory, useClass and useExisting cannot give. Give it beside them: ` +
          `MevetoLogoutModule.forRootAsync({ ${name}: …, useFactory }).`,
      ]);
    },
  );
});

describe('onProtectionRemoved', () => {
  it.each([null, 'text', {}])('may not be %j', (onProtectionRemoved) => {
    expect(faultsOf({ onProtectionRemoved })).toEqual([
      expect.stringContaining('onProtectionRemoved: expected a function that takes { userId }.'),
    ]);
  });
});
