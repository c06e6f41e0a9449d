import type { Clock } from '../../model/clock.js';
import { Lease } from '../../reconcile/lease.port.js';

/** Leases of one process. */
export class MemoryLease extends Lease {
  readonly #held = new Map<string, { holder: string; until: number }>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override take(name: string, holder: string, durationMs: number): Promise<boolean> {
    const now = this.clock.now();
    const held = this.#held.get(name);
    if (held !== undefined && held.holder !== holder && held.until > now) return Promise.resolve(false);
    this.#held.set(name, { holder, until: now + durationMs });
    return Promise.resolve(true);
  }
}
