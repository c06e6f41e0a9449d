import { Agent } from 'node:http';
import {
  type Faults,
  group,
  isObject,
  milliseconds,
  type Option,
  origin,
  path,
  requiredText,
  type Resolved,
  resolveTable,
  type TableOf,
} from '../core/index.js';
import type { ExchangeOptions, MevetoOptions, OutboundOptions } from './options.js';
import { reconcileOptions } from './reconcile-options.js';
import { webhookTable } from './webhook-options.js';

/** Three quarters of the longest possible lease. */
const LONGEST_EXCHANGE_MS = 22_500;

const agent: Option<Agent | undefined> = {
  shape: '`http.Agent`',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined || isAgent(given)) return given;
    faults.add(
      `${name}: expected an agent of the kind of Node’s http.Agent. ` +
        `Example: new HttpsProxyAgent('http://proxy.internal:3128') of https-proxy-agent.`,
    );
    return undefined;
  },
};

const isAgent = (value: unknown): value is Agent =>
  value instanceof Agent ||
  (isObject(value) && typeof value['addRequest'] === 'function' && typeof value['destroy'] === 'function');

/** @param longestExchangeMs the longest time-out of an exchange that the lease of a job allows */
export const mevetoTable = (longestExchangeMs = LONGEST_EXCHANGE_MS) =>
  ({
    clientId: requiredText('Copy it from your application’s page at Meveto.'),
    clientSecret: requiredText('Give the secret that Meveto issued, from the environment.'),
    apiUrl: origin('https://prod.meveto.com'),
    outbound: group({ agent } satisfies TableOf<OutboundOptions>),
    exchange: group({
      path: path('/api/client/user-for-token'),
      timeoutMs: milliseconds(Math.min(5_000, longestExchangeMs), 100, longestExchangeMs),
    } satisfies TableOf<ExchangeOptions>),
    reconcile: reconcileOptions,
    webhook: group(webhookTable),
  }) satisfies TableOf<MevetoOptions>;

export type ResolvedMeveto = Resolved<ReturnType<typeof mevetoTable>>;

/** Token of the resolved options of this folder. */
export const MEVETO_OPTIONS = Symbol.for('nestjs-meveto-logout:meveto-options');

export const resolveMeveto = (given: unknown, longestExchangeMs: number, faults: Faults): ResolvedMeveto =>
  resolveTable(mevetoTable(longestExchangeMs), given, faults);
