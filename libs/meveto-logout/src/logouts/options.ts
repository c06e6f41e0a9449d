import { type Faults, group, isObject, milliseconds, type Resolved, type TableOf } from '../core/index.js';

/** How logouts are learned and remembered. */
export interface LogoutsOptions {
  /**
   * How often the store is asked for logouts of other replicas. Integer, 50 to 60 000.
   * @defaultValue 1000
   */
  readonly pollIntervalMs?: number;
  /**
   * Sessions that began longer ago are refused; logouts are remembered for as long. Integer, 60 000 to 31 536 000 000 (a
   * year).
   * @defaultValue 2592000000 (30 days)
   */
  readonly maxSessionAgeMs?: number;
}

const DAY_MS = 86_400_000;

export const logoutsTable = {
  pollIntervalMs: milliseconds(1_000, 50, 60_000),
  maxSessionAgeMs: milliseconds(30 * DAY_MS, 60_000, 365 * DAY_MS),
} satisfies TableOf<LogoutsOptions>;

export type ResolvedLogouts = Resolved<typeof logoutsTable>;

/** Token of the resolved options of this folder. */
export const LOGOUTS_OPTIONS = Symbol.for('nestjs-meveto-logout:logouts-options');

export const resolveLogouts = (given: unknown, faults: Faults): ResolvedLogouts =>
  group(logoutsTable).read('logouts', isObject(given) ? given['logouts'] : undefined, faults);
