import type { Priority, Room, Store } from '../store/index.js';

const COUNT_EVERY_MS = 500;

/** Number of waiting jobs per priority. Counted in the store at intervals; new jobs are added in between. */
export class PriorityLoad {
  #waiting: Record<Priority, number> = { listed: 0, known: 0, unknown: 0 };
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly maxWaiting: number,
  ) {}

  /**
   * Whether every priority certainly has room for so many jobs, by a recent count. The next count waits until no batch is in flight, because
   * its jobs would count twice.
   */
  hasRoomFor(jobs: number): boolean {
    const most = Math.max(...Object.values(this.#waiting));
    return performance.now() - this.#countedAt <= COUNT_EVERY_MS && this.maxWaiting - most >= jobs;
  }

  /**
   * How many more jobs may wait in each priority.
   * @throws {StoreUnavailableError} when the store cannot count the jobs.
   */
  async room(): Promise<Room> {
    if (performance.now() - this.#countedAt > COUNT_EVERY_MS) {
      this.#waiting = { ...(await this.store.inbox.waitingByPriority()) };
      this.#countedAt = performance.now();
    }
    const { listed, known, unknown } = this.#waiting;
    return {
      listed: this.maxWaiting - listed,
      known: this.maxWaiting - known,
      unknown: this.maxWaiting - unknown,
    };
  }

  add(priority: Priority): void {
    this.#waiting[priority] += 1;
  }
}
