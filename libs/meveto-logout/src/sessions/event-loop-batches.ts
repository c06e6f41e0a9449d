/** Items per turn of the event loop: some milliseconds. After each turn Node runs the callbacks of all its writes. */
const PER_TURN = 250;

/**
 * Runs one action for many items: the first batch at once, then one batch at each turn of the event loop, so that other
 * work is not blocked. Items that may wait run once no other item is left.
 */
export class EventLoopBatches<T> {
  readonly #waiting: T[] = [];
  readonly #later: T[] = [];
  #left = PER_TURN;
  #isScheduled = false;

  constructor(private readonly act: (item: T) => void) {}

  add(item: T): void {
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left -= 1;
      this.act(item);
    } else {
      this.#waiting.push(item);
    }
    this.#schedule();
  }

  /** Adds an item that runs in a later turn of the event loop, after all items of {@link add}. */
  addLater(item: T): void {
    this.#later.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const next = this.#waiting.length > 0 ? this.#waiting : this.#later;
      const batch = next.splice(0, PER_TURN);
      this.#left = PER_TURN - batch.length;
      for (const item of batch) this.act(item);
      if (this.#waiting.length + this.#later.length > 0) this.#schedule();
    });
  }
}
