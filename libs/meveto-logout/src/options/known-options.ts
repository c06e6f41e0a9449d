import { valueAt } from '../reconcile/pending-fields.js';
import type { Faults } from './checks.js';

/** Every option there is: a mistyped one would otherwise be a default that nobody wanted. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  '': [
    'clientId clientSecret previousClientSecrets keys apiUrl store session whenLoggedOut exchange reconcile webhook leaseMs callTtlMs',
    'acknowledge tokenStorage retentionMs rejectedRetentionMs',
    'maxSessionAgeMs refreshIntervalMs maxStalenessMs maxWaitingPerLane storeTimeoutMs shutdownTimeoutMs onProtectionRemoved',
    'sessionOfMessage onLogoutStateUnknown outbound',
  ].flatMap((names) => names.split(' ')),
  whenLoggedOut: ['redirectTo', 'loginPaths', 'clearCookies', 'clearSiteData', 'returnTo'],
  sessionOfMessage: ['rpc', 'ws'],
  exchange: ['path', 'timeoutMs', 'concurrency', 'perSecond'],
  outbound: ['agent'],
  reconcile: ['cron', 'path', 'authentication', 'cursorParameter', 'expectedStatus', 'fields', 'source'],
  'reconcile.fields': ['status', 'calls', 'next', 'id', 'type', 'userToken', 'createdAt'],
  webhook: ['secretPath', 'allowFrom'],
};

/** Adds a fault for every option that does not exist. */
export function refuseUnknown(given: unknown, faults: Faults): void {
  for (const [group, known] of Object.entries(KNOWN)) {
    const prefix = group === '' ? '' : `${group}.`;
    for (const name of namesIn(group === '' ? given : valueAt(given, group))) {
      if (!known.includes(name))
        faults.add(`${prefix}${name}: there is no such option. Known: ${known.join(', ')}.`);
    }
  }
}

const namesIn = (options: unknown): string[] =>
  typeof options === 'object' && options !== null ? Object.keys(options) : [];
