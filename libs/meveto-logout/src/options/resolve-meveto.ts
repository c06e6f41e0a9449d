import { Agent } from 'node:http';
import { DEFAULT_FIELDS, DEFAULT_STATUS, type PendingFields } from '../reconcile/pending-fields.js';
import type { Faults } from './checks.js';
import type { MevetoLogoutOptions } from './options.js';
import type { ResolvedOptions } from './resolved-options.js';

const DEFAULT_API_URL = 'https://prod.meveto.com';
const DEFAULT_EXCHANGE_PATH = '/api/client/user-for-token';
const DEFAULT_PENDING_PATH = '/api/client/webhooks/pending';
const DEFAULT_CRON = '0 */5 * * * *';
const PARAMETER = /^[\w.~[\]-]{1,64}$/;
const FIELD = /^[\w$-]+(\.[\w$-]+)*$/;

type Authentication = ResolvedOptions['reconcile']['authentication'];
type MevetoParts = Pick<ResolvedOptions, 'apiUrl' | 'outbound' | 'exchange' | 'reconcile'>;

/** How Meveto is asked: where, by which way, and what its answers look like. */
export function resolveMeveto(given: MevetoLogoutOptions, leaseMs: number, faults: Faults): MevetoParts {
  const apiUrl = faults.origin('apiUrl', given.apiUrl, DEFAULT_API_URL);
  return {
    apiUrl,
    outbound: { agent: agentOf(given.outbound?.agent, apiUrl, faults) },
    exchange: exchangeOf(given, leaseMs, faults),
    reconcile: reconcileOf(given, faults),
  };
}

function agentOf(agent: unknown, apiUrl: string, faults: Faults): Agent | undefined {
  if (agent === undefined) return undefined;
  if (!isAgent(agent)) {
    faults.add(
      'outbound.agent: wanted an agent of the kind of Node’s http.Agent. ' +
        `Example: new HttpsProxyAgent('http://proxy.internal:3128') of https-proxy-agent.`,
    );
    return undefined;
  }
  const { protocol } = new URL(apiUrl);
  // Those of agent-base, which serve both, have none of their own.
  const only = Object.hasOwn(agent, 'protocol') ? (agent as { protocol?: unknown }).protocol : protocol;
  if (only !== protocol) {
    faults.add(
      `outbound.agent: serves ${String(only)} only, but apiUrl is ${protocol}//… Give an agent for that.`,
    );
  }
  return agent;
}

const isAgent = (value: unknown): value is Agent =>
  value instanceof Agent ||
  (isObject(value) && typeof value['addRequest'] === 'function' && typeof value['destroy'] === 'function');

function exchangeOf(
  given: MevetoLogoutOptions,
  leaseMs: number,
  faults: Faults,
): ResolvedOptions['exchange'] {
  const longest = Math.min(60_000, Math.floor((leaseMs * 3) / 4));
  return {
    path: faults.sameOriginPath('exchange.path', given.exchange?.path, DEFAULT_EXCHANGE_PATH),
    timeoutMs: faults.integer('exchange.timeoutMs', given.exchange?.timeoutMs, Math.min(5_000, longest), {
      min: 100,
      max: longest,
    }),
    concurrency: faults.integer('exchange.concurrency', given.exchange?.concurrency, 16, {
      min: 1,
      max: 256,
    }),
    perSecond: faults.integer('exchange.perSecond', given.exchange?.perSecond, 100, { min: 1, max: 10_000 }),
  };
}

function reconcileOf({ reconcile }: MevetoLogoutOptions, faults: Faults): ResolvedOptions['reconcile'] {
  const status: unknown = reconcile?.expectedStatus ?? DEFAULT_STATUS;
  return {
    cron: faults.cron('reconcile.cron', reconcile?.cron, DEFAULT_CRON),
    path: faults.sameOriginPath('reconcile.path', reconcile?.path, DEFAULT_PENDING_PATH),
    authentication: authenticationOf(reconcile?.authentication, faults),
    cursorParameter: nameOf(
      'reconcile.cursorParameter',
      reconcile?.cursorParameter,
      'cursor',
      PARAMETER,
      faults,
    ),
    expectedStatus:
      status === false
        ? undefined
        : faults.text('reconcile.expectedStatus', status, 'Give false to take any status.'),
    fields: fieldsOf(reconcile?.fields, faults),
    source: sourceOf(reconcile, faults),
  };
}

function authenticationOf(given: unknown, faults: Faults): Authentication {
  if (given === undefined || given === 'basic') return 'basic';
  if (typeof given === 'function') return given as Authentication;
  faults.add(
    `reconcile.authentication: wanted 'basic' or a function that gives headers. ` +
      'Example: () => ({ Authorization: `Bearer ${token}` }).',
  );
  return 'basic';
}

function fieldsOf(given: unknown, faults: Faults): PendingFields {
  if (given !== undefined && !isObject(given)) {
    faults.add(`reconcile.fields: wanted an object with names of fields. Example: { userToken: 'token' }.`);
    return DEFAULT_FIELDS;
  }
  const nameOfField = (field: keyof PendingFields): string =>
    nameOf(`reconcile.fields.${field}`, given?.[field], DEFAULT_FIELDS[field], FIELD, faults);
  return {
    status: nameOfField('status'),
    calls: nameOfField('calls'),
    next: nameOfField('next'),
    id: nameOfField('id'),
    type: nameOfField('type'),
    userToken: nameOfField('userToken'),
    createdAt: nameOfField('createdAt'),
  };
}

function nameOf(name: string, given: unknown, fallback: string, pattern: RegExp, faults: Faults): string {
  const value = given ?? fallback;
  if (typeof value === 'string' && pattern.test(value)) return value;
  const got = typeof value === 'string' ? `'${value}'` : typeof value;
  faults.add(`${name}: got ${got}, wanted a name. Leave it out for the default, '${fallback}'.`);
  return fallback;
}

function sourceOf(
  reconcile: MevetoLogoutOptions['reconcile'],
  faults: Faults,
): ResolvedOptions['reconcile']['source'] {
  const source: unknown = reconcile?.source;
  if (reconcile === undefined || source === undefined) return undefined;
  if (!isObject(source) || typeof source['page'] !== 'function') {
    faults.add('reconcile.source: wanted an object with a method page(cursor, signal).');
    return undefined;
  }
  const idle = (['path', 'authentication', 'cursorParameter', 'expectedStatus', 'fields'] as const).filter(
    (name) => reconcile[name] !== undefined,
  );
  if (idle.length > 0) {
    faults.add(
      `reconcile.source: takes the place of ${idle.map((name) => `reconcile.${name}`).join(', ')}. Leave that out.`,
    );
  }
  return reconcile.source;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
