import {
  ConfigurationError,
  Faults,
  group,
  isObject,
  keyTable,
  type Option,
  type OptionTable,
  refuseUnknown,
  type Resolved,
  type ResolvedKeys,
  resolveKeys,
  resolveTable,
  type TableOf,
} from './core/index.js';
import { guardTable, type ResolvedGuard, resolveGuard } from './guard/index.js';
import { inboxTable, type ResolvedInbox, resolveInbox } from './inbox/index.js';
import { logoutsTable, type ResolvedLogouts, resolveLogouts } from './logouts/index.js';
import { mevetoTable, type ResolvedMeveto, resolveMeveto } from './meveto/index.js';
import {
  ambiguousRetentionMs,
  checkAgent,
  checkClientSecret,
  longestExchangeMs,
  shortestStalenessMs,
} from './option-rules.js';
import type { HookOptions, MevetoLogoutOptions } from './options.js';
import { type ResolvedSessions, resolveSessions, sessionsTable } from './sessions/index.js';
import { staticTable } from './static-options.js';
import { type ResolvedStore, resolveStore, storeTable } from './store/index.js';

/** Token of all options. Each folder gets only its own options, under its own token. */
export const RESOLVED_OPTIONS = Symbol.for('nestjs-meveto-logout:resolved-options');

const hook = <Hook>(takes: string): Option<Hook | undefined> => ({
  shape: 'function',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined || typeof given === 'function') return given as Hook | undefined;
    faults.add(
      `${name}: expected a function that takes ${takes}. Leave it out if your application needs no notification.`,
    );
    return undefined;
  },
});

export const hookTable = {
  onEvent: hook<NonNullable<HookOptions['onEvent']>>('an event'),
  onProtectionRemoved: hook<NonNullable<HookOptions['onProtectionRemoved']>>('{ userId }'),
} satisfies TableOf<HookOptions>;

/** Every option that is not static. */
const optionTable: OptionTable = {
  ...mevetoTable(),
  ...keyTable,
  ...storeTable,
  ...sessionsTable(),
  ...guardTable,
  inbox: group(inboxTable),
  logouts: group(logoutsTable),
  ...hookTable,
} satisfies TableOf<MevetoLogoutOptions>;

/** The options of each folder, with every default filled in. */
export interface ResolvedOptions {
  readonly meveto: ResolvedMeveto;
  readonly keys: ResolvedKeys;
  readonly store: ResolvedStore;
  readonly inbox: ResolvedInbox;
  readonly logouts: ResolvedLogouts;
  readonly sessions: ResolvedSessions;
  readonly guard: ResolvedGuard;
  readonly hooks: Resolved<typeof hookTable>;
}

/**
 * Checks the given options and fills in the defaults.
 * @param importCount number of calls of `forRoot` or `forRootAsync` in the application; more than one is a fault, since
 * each import would run its own worker and reconciler.
 * @param staticFaults the faults of the static options, including live push
 * @throws {ConfigurationError} with every fault and its remedy, and no secret.
 */
export function resolveOptions(
  given: MevetoLogoutOptions,
  importCount = 1,
  staticFaults: readonly string[] = [],
): ResolvedOptions {
  const faults = new Faults();
  if (importCount > 1) {
    faults.add(
      `MevetoLogoutModule is imported ${String(importCount)} times. Import forRoot() once, in the root module; ` +
        `its exports are visible everywhere.`,
    );
  }
  refuseStatic(given, faults);
  refuseUnknown(optionTable, given, faults, '', Object.keys(staticTable));
  for (const fault of staticFaults) faults.add(fault);
  const options = resolveSlices(given, faults);
  if (faults.found.length > 0) throw new ConfigurationError(faults.found);
  return options;
}

function resolveSlices(given: unknown, faults: Faults): ResolvedOptions {
  const inbox = resolveInbox(given, faults);
  const logouts = resolveLogouts(given, faults);
  const meveto = resolveMeveto(given, longestExchangeMs(inbox.leaseMs), faults);
  const keys = resolveKeys(given, faults);
  checkClientSecret(meveto.clientSecret, isObject(given) && given['keys'] !== undefined, faults);
  checkAgent(meveto.outbound.agent, meveto.apiUrl, faults);
  return {
    meveto,
    keys,
    store: resolveStore(given, faults),
    inbox: {
      ...inbox,
      ambiguousRetentionMs: ambiguousRetentionMs(inbox.retentionMs, logouts.maxSessionAgeMs),
    },
    logouts,
    sessions: resolveSessions(given, shortestStalenessMs(logouts.pollIntervalMs), faults),
    guard: resolveGuard(given, faults),
    hooks: resolveTable(hookTable, given, faults),
  };
}

/**
 * Reports static options that a factory returned: the module already exists at that time. Static options of `forRoot`, or
 * beside the factory, are not among these options.
 */
function refuseStatic(given: unknown, faults: Faults): void {
  if (!isObject(given)) return;
  for (const name of Object.keys(given).filter((each) => Object.hasOwn(staticTable, each))) {
    faults.add(
      `${name}: is a static option, which useFactory, useClass and useExisting cannot give. Give it beside them: ` +
        `MevetoLogoutModule.forRootAsync({ ${name}: …, useFactory }).`,
    );
  }
}
