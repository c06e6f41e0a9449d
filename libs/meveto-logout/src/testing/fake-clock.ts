import { Clock } from '../core/index.js';
import type { SimulatorClock } from './simulator/simulator-clock.js';

interface Pause {
  readonly endsAt: number;
  readonly work: () => void | Promise<void>;
}

/**
 * A clock that a test moves ahead. In between it runs with the machine's clock, so that sessions which an application dates by
 * `Date.now()` fit, as long as no test has moved the clock.
 */
export class FakeClock extends Clock implements SimulatorClock {
  readonly #pauses = new Set<Pause>();
  readonly #work = new Set<Promise<void>>();
  #aheadMs = 0;

  /** Epoch milliseconds. */
  override now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Begins a pause. Only `advance` ends it. Returns a function that cancels it. */
  after(delayMs: number, work: () => void | Promise<void>): () => void {
    const pause = { endsAt: this.now() + delayMs, work };
    this.#pauses.add(pause);
    return () => {
      this.#pauses.delete(pause);
    };
  }

  /**
   * Moves the clock ahead. Pauses that end by then do so in their order, and what follows each of them is awaited, such as an attempt of
   * the simulator.
   * @param milliseconds 0 or more
   * @throws {RangeError} when `milliseconds` is negative or no number
   */
  async advance(milliseconds: number): Promise<void> {
    if (!(milliseconds >= 0)) {
      throw new RangeError(`advance: got ${String(milliseconds)}, expected 0 or more milliseconds.`);
    }
    const until = this.now() + milliseconds;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#moveTo(next.endsAt);
      this.#pauses.delete(next);
      this.#run(next);
      await Promise.all(this.#work);
    }
    this.#moveTo(until);
  }

  #next(until: number): Pause | undefined {
    const due = [...this.#pauses].filter(({ endsAt }) => endsAt <= until);
    return due.sort((one, other) => one.endsAt - other.endsAt)[0];
  }

  #run({ work }: Pause): void {
    const running = Promise.resolve(work()).finally(() => this.#work.delete(running));
    this.#work.add(running);
  }

  #moveTo(instant: number): void {
    this.#aheadMs += Math.max(0, instant - this.now());
  }
}
