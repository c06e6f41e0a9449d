import type { Application, Person } from './directory.js';

/** How a simulator is set up. Every field is optional. */
export interface MevetoSimulatorOptions {
  /**
   * TCP port on 127.0.0.1; 0 takes a free one. Integer, 0 to 65 535.
   * @defaultValue 0
   */
  readonly port?: number;
  /**
   * Who has a Meveto account.
   * @defaultValue Alice, Bob and Carol, with the Meveto IDs `meveto-alice`, `meveto-bob` and `meveto-carol`
   */
  readonly people?: readonly Person[];
  /**
   * The applications registered with Meveto; more can be added later.
   * @defaultValue none
   */
  readonly applications?: readonly Application[];
  /**
   * Milliseconds between a failed first attempt and the second; doubled before each further one. Make it small to
   * speed time up. Integer, 1 to 3 600 000.
   * @defaultValue 60000
   * @see docs/protocol.md#webhook-call
   */
  readonly retryDelayMs?: number;
  /**
   * Attempts in all before Meveto gives a webhook call up and writes to the application's owner. Integer, 1 to 10.
   * @defaultValue 3
   */
  readonly attemptCount?: number;
  /**
   * Deadline of one webhook call, in milliseconds. Integer, 1 to 600 000.
   * @defaultValue 10000
   */
  readonly deliveryTimeoutMs?: number;
  /**
   * Calls on one page of the pending list. Integer, 1 to 1 000.
   * @defaultValue 50
   */
  readonly pendingPageSize?: number;
}

/** The options with their defaults filled in. */
export type ResolvedOptions = Required<MevetoSimulatorOptions>;

const DEFAULT_PEOPLE: readonly Person[] = [
  { mevetoId: 'meveto-alice', name: 'Alice' },
  { mevetoId: 'meveto-bob', name: 'Bob' },
  { mevetoId: 'meveto-carol', name: 'Carol' },
];

const BOUNDS = {
  port: { from: 0, to: 65_535 },
  retryDelayMs: { from: 1, to: 3_600_000 },
  attemptCount: { from: 1, to: 10 },
  deliveryTimeoutMs: { from: 1, to: 600_000 },
  pendingPageSize: { from: 1, to: 1_000 },
} as const;

/**
 * Fills in the defaults and checks every bound.
 * @throws {RangeError} with one line per fault
 */
export function resolveOptions(given: MevetoSimulatorOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    port: given.port ?? 0,
    people: given.people ?? DEFAULT_PEOPLE,
    applications: given.applications ?? [],
    retryDelayMs: given.retryDelayMs ?? 60_000,
    attemptCount: given.attemptCount ?? 3,
    deliveryTimeoutMs: given.deliveryTimeoutMs ?? 10_000,
    pendingPageSize: given.pendingPageSize ?? 50,
  };
  const faults = Object.entries(BOUNDS).flatMap(([name, { from, to }]) => {
    const value = resolved[name as keyof typeof BOUNDS];
    const fits = Number.isInteger(value) && value >= from && value <= to;
    return fits
      ? []
      : [`${name}: got ${String(value)}, give an integer from ${String(from)} to ${String(to)}`];
  });
  if (faults.length > 0) throw new RangeError(`The Meveto simulator cannot start:\n${faults.join('\n')}`);
  return resolved;
}
