/** How many are done before the event loop has its turn. */
const PER_TURN = 100;

/** Does the same for many: a few at once, then a few at each turn of the event loop, so that nothing else has to wait. */
export class Turns<T> {
  readonly #waiting: T[] = [];
  #left = PER_TURN;
  #isScheduled = false;

  constructor(private readonly act: (one: T) => void) {}

  add(one: T): void {
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left -= 1;
      this.act(one);
    } else {
      this.#waiting.push(one);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const now = this.#waiting.splice(0, PER_TURN);
      this.#left = PER_TURN - now.length;
      for (const one of now) this.act(one);
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
