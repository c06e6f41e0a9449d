import { ConfigurationError } from '../errors.js';
import type { SessionReader } from '../session/session-reader.port.js';
import { Faults } from './checks.js';
import { keysOf, previousSecretsOf } from './key-checks.js';
import { refuseUnknown } from './known-options.js';
import type { MevetoLogoutOptions } from './options.js';
import { resolveAnswer, resolveSessionOfMessage, resolveStalenessLimit } from './resolve-answer.js';
import { resolveMeveto } from './resolve-meveto.js';
import { resolveWebhook } from './resolve-webhook.js';
import type { ResolvedOptions } from './resolved-options.js';

const DAY_MS = 86_400_000;

/**
 * Given options to resolved ones.
 * @param importCount how many times `forRoot` or `forRootAsync` stands in the application; more than one is a fault,
 * since each would run a worker and a reconciler of its own.
 * @param livePushFaults what the definition of live push found wrong with its own options
 * @throws {ConfigurationError} with every fault and its remedy, and no secret.
 */
export function resolveOptions(
  given: MevetoLogoutOptions,
  importCount = 1,
  livePushFaults: readonly string[] = [],
): ResolvedOptions {
  const faults = new Faults();
  if (importCount > 1) {
    faults.add(
      `MevetoLogoutModule is imported ${String(importCount)} times. Import forRoot() once, in the root module; ` +
        `its exports are visible everywhere.`,
    );
  }
  refuseUnknown(given, faults);
  for (const fault of livePushFaults) faults.add(fault);
  const options = fillIn(isObject(given) ? given : ({} as MevetoLogoutOptions), faults);
  if (faults.found.length > 0) throw new ConfigurationError(faults.found);
  return options;
}

function fillIn(given: MevetoLogoutOptions, faults: Faults): ResolvedOptions {
  const leaseMs = faults.integer('leaseMs', given.leaseMs, 8_000, { min: 1_000, max: 30_000 });
  const durations = durationsOf(given, faults);
  return {
    clientId: faults.text('clientId', given.clientId, 'Copy it from your application’s page at Meveto.'),
    clientSecret: faults.text(
      'clientSecret',
      given.clientSecret,
      'Give the secret that Meveto issued, from the environment.',
    ),
    previousClientSecrets: previousSecretsOf(given.previousClientSecrets, faults),
    keys: keysOf(given.keys, faults),
    store: storeOf(given, faults),
    sessions: sessionsOf(given, faults),
    whenLoggedOut: resolveAnswer(given, faults),
    sessionOfMessage: resolveSessionOfMessage(given, faults),
    ...resolveMeveto(given, leaseMs, faults),
    webhook: resolveWebhook(given, faults),
    acknowledge: faults.oneOf('acknowledge', given.acknowledge, ['on-receipt', 'after-logout']),
    tokenStorage: faults.oneOf('tokenStorage', given.tokenStorage, ['sealed', 'none']),
    leaseMs,
    ...retentionOf(given, faults),
    ...durations,
    stalenessLimitMs: resolveStalenessLimit(given, durations.maxStalenessMs, faults),
    onProtectionRemoved: given.onProtectionRemoved,
  };
}

function retentionOf(given: MevetoLogoutOptions, faults: Faults) {
  const range = { min: 3_600_000, max: 365 * DAY_MS };
  const retentionMs = faults.integer('retentionMs', given.retentionMs, 7 * DAY_MS, range);
  return {
    retentionMs,
    rejectedRetentionMs: faults.integer(
      'rejectedRetentionMs',
      given.rejectedRetentionMs,
      Math.min(DAY_MS, retentionMs),
      { min: 60_000, max: retentionMs },
    ),
  };
}

function durationsOf(given: MevetoLogoutOptions, faults: Faults) {
  const refreshIntervalMs = faults.integer('refreshIntervalMs', given.refreshIntervalMs, 1_000, {
    min: 50,
    max: 60_000,
  });
  return {
    callTtlMs: faults.integer('callTtlMs', given.callTtlMs, DAY_MS, { min: 60_000, max: 30 * DAY_MS }),
    maxSessionAgeMs: faults.integer('maxSessionAgeMs', given.maxSessionAgeMs, 30 * DAY_MS, {
      min: 60_000,
      max: 365 * DAY_MS,
    }),
    refreshIntervalMs,
    maxStalenessMs: faults.integer(
      'maxStalenessMs',
      given.maxStalenessMs,
      Math.max(10_000, 2 * refreshIntervalMs),
      {
        min: 2 * refreshIntervalMs,
        max: DAY_MS,
      },
    ),
    maxWaitingPerLane: faults.integer('maxWaitingPerLane', given.maxWaitingPerLane, 10_000, {
      min: 100,
      max: 1_000_000,
    }),
    storeTimeoutMs: faults.integer('storeTimeoutMs', given.storeTimeoutMs, 2_500, { min: 100, max: 30_000 }),
    shutdownTimeoutMs: faults.integer('shutdownTimeoutMs', given.shutdownTimeoutMs, 7_000, {
      min: 0,
      max: 60_000,
    }),
  };
}

function storeOf(given: MevetoLogoutOptions, faults: Faults): ResolvedOptions['store'] {
  const store: unknown = given.store;
  if (!isObject(store) || typeof store['create'] !== 'function') {
    faults.add(
      'store: wanted typeOrmStore({ … }) or memoryStore({ … }). Calls and logouts must be kept somewhere.',
    );
  }
  return given.store;
}

function sessionsOf(given: MevetoLogoutOptions, faults: Faults): readonly SessionReader[] {
  const session: unknown = given.session;
  const readers: unknown[] = Array.isArray(session) ? session : [session];
  const areReaders = readers.every((reader) => isObject(reader) && typeof reader['read'] === 'function');
  if (readers.length === 0 || !areReaders) {
    faults.add(
      'session: wanted a session reader, e.g. expressSession() or bearerToken({ verify }), or a list of them.',
    );
    return [];
  }
  return readers as SessionReader[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
