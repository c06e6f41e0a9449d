import { type Lane, LANES } from '../model/lane.js';
import type { Store } from '../store/store.port.js';

const COUNT_EVERY_MS = 500;

/** How full each lane is: counted in the store now and then, and added up in between. */
export class LaneLoad {
  #waiting: Record<Lane, number> = { listed: 0, confirmed: 0, stranger: 0 };
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly maxWaiting: number,
  ) {}

  /** @throws {StoreUnavailableError} when the store cannot be asked. */
  async isFull(lane: Lane): Promise<boolean> {
    if (performance.now() - this.#countedAt > COUNT_EVERY_MS) {
      const counted = await this.store.inbox.waitingByLane();
      for (const each of LANES) this.#waiting[each] = counted[each];
      this.#countedAt = performance.now();
    }
    return this.#waiting[lane] >= this.maxWaiting;
  }

  add(lane: Lane): void {
    this.#waiting[lane] += 1;
  }
}
