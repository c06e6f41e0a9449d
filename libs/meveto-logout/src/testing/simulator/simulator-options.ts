import type { Application, Person } from './directory.js';
import { realClock, type SimulatorClock } from './simulator-clock.js';

/** Options of a simulator. Every field is optional. */
export interface MevetoSimulatorOptions {
  /**
   * TCP port on 127.0.0.1; 0 selects a free port. Integer, 0 to 65 535.
   * @defaultValue 0
   */
  readonly port?: number;
  /**
   * The people with a Meveto account.
   * @defaultValue Alice, Bob, Carol and Dave, with the Meveto IDs `meveto-alice`, `meveto-bob` and so on; the demo knows no Dave
   */
  readonly people?: readonly Person[];
  /**
   * The applications registered with Meveto; more can be added later.
   * @defaultValue none
   */
  readonly applications?: readonly Application[];
  /**
   * Milliseconds between a failed first attempt and the second; doubles before each further attempt. Integer, 1 to
   * 3 600 000.
   * @defaultValue 60000
   * @see docs/protocol.md#webhook-request
   */
  readonly retryDelayMs?: number;
  /**
   * Number of attempts before Meveto gives up a webhook and writes to the application's owner. Integer, 1 to 10.
   * @defaultValue 3
   */
  readonly attemptCount?: number;
  /**
   * Deadline of one webhook request, in milliseconds. Integer, 1 to 600 000.
   * @defaultValue 10000
   */
  readonly deliveryTimeoutMs?: number;
  /**
   * Webhooks on one page of the list of pending webhooks. Integer, 1 to 1 000.
   * @defaultValue 50
   */
  readonly pendingPageSize?: number;
  /**
   * Factor by which the pauses between attempts are shortened. Integer, 1 to 100 000.
   * @defaultValue 1
   */
  readonly speed?: number;
  /**
   * Decides which requests are affected by faults with a probability: the same seed, the same requests. Integer, 0 to
   * 4 294 967 295.
   * @defaultValue 1
   */
  readonly faultSeed?: number;
  /**
   * The time of Meveto: the pauses between attempts, and all instants. With a `FakeClock` a pause ends when the test moves the clock.
   * Faults of the kind `late` and `reorder`, and `deliveryTimeoutMs`, always take real time.
   * @defaultValue the machine's clock
   */
  readonly clock?: SimulatorClock;
}

/** The options with their defaults filled in. */
export type ResolvedOptions = Required<MevetoSimulatorOptions>;

const DEFAULT_PEOPLE: readonly Person[] = [
  { mevetoId: 'meveto-alice', name: 'Alice' },
  { mevetoId: 'meveto-bob', name: 'Bob' },
  { mevetoId: 'meveto-carol', name: 'Carol' },
  { mevetoId: 'meveto-dave', name: 'Dave' },
];

const DEFAULTS: ResolvedOptions = {
  port: 0,
  people: DEFAULT_PEOPLE,
  applications: [],
  retryDelayMs: 60_000,
  attemptCount: 3,
  deliveryTimeoutMs: 10_000,
  pendingPageSize: 50,
  speed: 1,
  faultSeed: 1,
  clock: realClock,
};

/** Bounds of the speed factor. */
export const SPEED_BOUNDS = { from: 1, to: 100_000 } as const;

const BOUNDS = {
  port: { from: 0, to: 65_535 },
  retryDelayMs: { from: 1, to: 3_600_000 },
  attemptCount: { from: 1, to: 10 },
  deliveryTimeoutMs: { from: 1, to: 600_000 },
  pendingPageSize: { from: 1, to: 1_000 },
  speed: SPEED_BOUNDS,
  faultSeed: { from: 0, to: 2 ** 32 - 1 },
} as const;

export function isWithin(
  value: number,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  return Number.isInteger(value) && value >= from && value <= to;
}

/**
 * Fills in the defaults and checks every bound.
 * @throws {RangeError} with one line per fault
 */
export function resolveOptions(given: MevetoSimulatorOptions): ResolvedOptions {
  const resolved: ResolvedOptions = { ...DEFAULTS, ...withoutMissing(given) };
  const faults = Object.entries(BOUNDS).flatMap(([name, { from, to }]) => {
    const value = resolved[name as keyof typeof BOUNDS];
    const fits = isWithin(value, { from, to });
    return fits
      ? []
      : [`${name}: got ${String(value)}, expected an integer from ${String(from)} to ${String(to)}`];
  });
  if (faults.length > 0) throw new RangeError(`The Meveto simulator cannot start:\n${faults.join('\n')}`);
  return resolved;
}

// An option with the value undefined gets its default.
function withoutMissing(given: MevetoSimulatorOptions): MevetoSimulatorOptions {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
