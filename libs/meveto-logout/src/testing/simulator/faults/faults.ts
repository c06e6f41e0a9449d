import {
  ENDPOINTS,
  type AnswerFault,
  type DeliveryFault,
  type Endpoint,
  type FaultsByEndpoint,
  type Occurrence,
} from './fault.js';
import { seededRandom } from './seeded-random.js';

type AnyFault = AnswerFault | DeliveryFault;
type FaultOf<Name extends Endpoint> = Name extends 'webhook' ? DeliveryFault : AnswerFault;

interface Plan {
  readonly fault: AnyFault & Occurrence;
  left: number;
}

/** Planned faults of Meveto, set by a test or on the dashboard. Initially there is none. */
export class Faults {
  readonly #plans = new Map<Endpoint, readonly Plan[]>();
  readonly #strikes = new Map<Endpoint, number>();
  readonly #random: () => number;

  /** @param seed decides which requests are affected by faults with a probability */
  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /**
   * Replaces the faults of the named endpoints for future requests. Other endpoints keep their faults.
   * @throws {RangeError} when numbers are out of bounds; the message lists all of them, and nothing changes
   */
  set(faults: Partial<FaultsByEndpoint>): void {
    const given = ENDPOINTS.flatMap((endpoint) => {
      const planned = faults[endpoint];
      return planned === undefined ? [] : [{ endpoint, list: [planned].flat() }];
    });
    const errors = given.flatMap(({ endpoint, list }) =>
      list.flatMap((fault) => boundErrors(fault).map((text) => `${endpoint}: ${text}`)),
    );
    if (errors.length > 0) throw new RangeError(`Invalid faults:\n${errors.join('\n')}`);
    for (const { endpoint, list } of given) {
      this.#plans.set(
        endpoint,
        list.map((fault) => ({ fault, left: fault.count ?? Infinity })),
      );
    }
  }

  /** Removes the faults of one endpoint, or of all. */
  clear(endpoint?: Endpoint): void {
    if (endpoint === undefined) this.#plans.clear();
    else this.#plans.delete(endpoint);
  }

  /** The remaining faults of an endpoint. */
  planned(endpoint: Endpoint): readonly (AnyFault & Occurrence)[] {
    return this.#plansOf(endpoint).map(({ fault }) => fault);
  }

  /** Number of requests of an endpoint that a fault has affected so far. */
  strikes(endpoint: Endpoint): number {
    return this.#strikes.get(endpoint) ?? 0;
  }

  /** Returns the fault of the current request, if any. Call it once per request. */
  strike<Name extends Endpoint>(endpoint: Name): FaultOf<Name> | undefined {
    const struck = this.#plansOf(endpoint).find(({ fault }) => this.#random() < (fault.probability ?? 1));
    if (struck === undefined) return undefined;
    struck.left -= 1;
    this.#strikes.set(endpoint, this.strikes(endpoint) + 1);
    // set() accepts only faults of this endpoint.
    return struck.fault as FaultOf<Name>;
  }

  #plansOf(endpoint: Endpoint): readonly Plan[] {
    return (this.#plans.get(endpoint) ?? []).filter(({ left }) => left > 0);
  }
}

const BOUNDS: Readonly<Record<string, { readonly from: number; readonly to: number; readonly any?: true }>> =
  {
    count: { from: 1, to: Number.MAX_SAFE_INTEGER },
    probability: { from: 0, to: 1, any: true },
    delayMs: { from: 0, to: 600_000 },
    holdMs: { from: 0, to: 600_000 },
    status: { from: 400, to: 599 },
    retryAfterSeconds: { from: 0, to: 86_400 },
  };

function boundErrors(fault: AnyFault & Occurrence): readonly string[] {
  return Object.entries(fault).flatMap(([name, value]: [string, string | number]) => {
    const bounds = BOUNDS[name];
    if (bounds === undefined) return [];
    const fits =
      typeof value === 'number' &&
      value >= bounds.from &&
      value <= bounds.to &&
      (bounds.any === true || Number.isInteger(value));
    const expected = `${bounds.any ? 'a number' : 'an integer'} from ${String(bounds.from)} to ${String(bounds.to)}`;
    return fits ? [] : [`${name}: got ${String(value)}, expected ${expected}`];
  });
}
