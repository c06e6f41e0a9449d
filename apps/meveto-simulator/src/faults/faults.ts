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

/** What goes wrong at Meveto, as a test or a person at the dashboard wants it. Nothing does at first. */
export class Faults {
  readonly #plans = new Map<Endpoint, readonly Plan[]>();
  readonly #strikes = new Map<Endpoint, number>();
  readonly #random: () => number;

  /** @param seed decides which requests faults with a probability strike */
  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /**
   * Replaces the faults of the endpoints named, for requests to come; others keep theirs.
   * @throws {RangeError} when a number is out of bounds; the message lists them all, and nothing is changed
   */
  set(faults: Partial<FaultsByEndpoint>): void {
    const given = ENDPOINTS.flatMap((endpoint) => {
      const planned = faults[endpoint];
      return planned === undefined ? [] : [{ endpoint, list: [planned].flat() }];
    });
    const errors = given.flatMap(({ endpoint, list }) =>
      list.flatMap((fault) => boundErrors(fault).map((text) => `${endpoint}: ${text}`)),
    );
    if (errors.length > 0) throw new RangeError(`Such faults do not exist:\n${errors.join('\n')}`);
    for (const { endpoint, list } of given) {
      this.#plans.set(
        endpoint,
        list.map((fault) => ({ fault, left: fault.count ?? Infinity })),
      );
    }
  }

  /** Heals one endpoint, or all. */
  clear(endpoint?: Endpoint): void {
    if (endpoint === undefined) this.#plans.clear();
    else this.#plans.delete(endpoint);
  }

  /** What an endpoint still suffers from. */
  planned(endpoint: Endpoint): readonly (AnyFault & Occurrence)[] {
    return this.#plansOf(endpoint).map(({ fault }) => fault);
  }

  /** How many requests of an endpoint a fault has struck so far. */
  strikes(endpoint: Endpoint): number {
    return this.#strikes.get(endpoint) ?? 0;
  }

  /** What happens to the request in hand. Asked once for each. */
  strike<Name extends Endpoint>(endpoint: Name): FaultOf<Name> | undefined {
    const struck = this.#plansOf(endpoint).find(({ fault }) => this.#random() < (fault.probability ?? 1));
    if (struck === undefined) return undefined;
    struck.left -= 1;
    this.#strikes.set(endpoint, this.strikes(endpoint) + 1);
    // Only what set() takes for this endpoint is planned for it.
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
    const wanted = `${bounds.any ? 'a number' : 'an integer'} from ${String(bounds.from)} to ${String(bounds.to)}`;
    return fits ? [] : [`${name}: got ${String(value)}, give ${wanted}`];
  });
}
