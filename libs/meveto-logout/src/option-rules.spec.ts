import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from './core/errors.js';
import type { KeyRing, KeySource } from './core/key-options.js';
import type { MevetoLogoutOptions } from './options.js';
import { resolveOptions } from './resolve-options.js';
import { expressSession } from './sessions/express-session-reader.js';
import { memoryStore } from './store/memory/memory-store.js';

const KEY = 'a-key-of-32-bytes-0123456789abcd';

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

describe('options of several folders that depend on each other', () => {
  it('keep an exchange within three quarters of a lease', () => {
    expect(resolveOptions({ ...given, inbox: { leaseMs: 4_000 } }).meveto.exchange.timeoutMs).toBe(3_000);
    expect(faultsOf({ inbox: { leaseMs: 4_000 }, exchange: { timeoutMs: 3_001 } })).toEqual([
      'exchange.timeoutMs: got 3001, expected an integer from 100 to 3000. Leave it out for the default, 3000.',
    ]);
  });

  it('keep the logout state valid for two poll intervals at least', () => {
    const slow = { logouts: { pollIntervalMs: 60_000 } };
    expect(resolveOptions({ ...given, ...slow }).sessions.maxStalenessMs).toBe(120_000);
    expect(
      faultsOf({ logouts: { pollIntervalMs: 10_000 }, logoutState: { maxStalenessMs: 19_999 } }),
    ).toEqual([
      'logoutState.maxStalenessMs: got 19999, expected an integer from 20000 to 86400000. Leave it out for the default, 20000.',
    ]);
  });

  it.each([
    [3_600_000, 86_400_000, 86_400_000],
    [604_800_000, 86_400_000, 604_800_000],
  ])('keep ambiguous jobs for the longer of %d and %d ms', (retentionMs, maxSessionAgeMs, keptMs) => {
    const { inbox } = resolveOptions({ ...given, inbox: { retentionMs }, logouts: { maxSessionAgeMs } });
    expect(inbox.ambiguousRetentionMs).toBe(keptMs);
  });
});

describe('outbound.agent', () => {
  it('must serve the protocol of apiUrl', () => {
    expect(faultsOf({ outbound: { agent: new HttpAgent() } })).toEqual([
      'outbound.agent: serves http: only, but apiUrl is https://… Give an agent for that.',
    ]);
    expect(faultsOf({ apiUrl: 'http://127.0.0.1:1', outbound: { agent: new HttpsAgent() } })).toEqual([
      'outbound.agent: serves https: only, but apiUrl is http://… Give an agent for that.',
    ]);
  });

  it('may serve both protocols', () => {
    const both = { addRequest: () => undefined, destroy: () => undefined };
    for (const apiUrl of ['https://meveto.example', 'http://127.0.0.1:1']) {
      expect(faultsOf({ apiUrl, outbound: { agent: both } })).toEqual([]);
    }
  });
});

describe('a client secret', () => {
  const faultsWith = (clientSecret: string | undefined, keys?: KeyRing | KeySource) =>
    faultsOf({ clientSecret, keys });

  it.each(['hunter2', 'fifteen-bytes-1', 'a'.repeat(40), 'abcdefg'.repeat(9)])(
    'that is weak is a fault that names keys and does not quote it: %s',
    (secret) => {
      const faults = faultsWith(secret);
      expect(faults).toEqual([
        expect.stringMatching(
          /^clientSecret: (got \d+ bytes, expected at least 16|it repeats a few bytes).*give keys: /,
        ),
      ]);
      expect(faults.join()).not.toContain(secret);
    },
  );

  it.each(['sixteen-bytes-12', 'abcdefgh'.repeat(2), 'ßßßßßßßßabcdef'])(
    'of 16 bytes, 8 of them different, is good: %s',
    (secret) => {
      expect(faultsWith(secret)).toEqual([]);
    },
  );

  it.each<[string, KeyRing | KeySource]>([
    ['keys', { current: KEY }],
    ['a function for them', () => ({ current: KEY })],
  ])('may be of any strength beside %s', (_what, keys) => {
    expect(faultsWith('x', keys)).toEqual([]);
    expect(faultsWith('', keys)).toEqual([expect.stringContaining('clientSecret: got an empty string')]);
  });

  it.each([undefined, '', ' '])('that is missing is one fault: %j', (secret) => {
    expect(faultsWith(secret)).toEqual([
      expect.stringMatching(/^clientSecret: .*expected a non-empty string/),
    ]);
  });
});
