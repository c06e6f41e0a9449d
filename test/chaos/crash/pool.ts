/** Runs many tasks, some at a time, in the order in which they were added. */
export class Pool {
  readonly #waiting: (() => Promise<void>)[] = [];
  #isStarted = false;

  constructor(private readonly atOnce: number) {}

  /** Returns a function for the result; the first call for any result starts the tasks. */
  add<T>(work: () => Promise<T>): () => Promise<T> {
    const result = new Promise<T>((resolve, reject) => {
      this.#waiting.push(() => work().then(resolve, reject));
    });
    result.catch(() => undefined);
    return () => {
      this.#start();
      return result;
    };
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (let priority = 0; priority < this.atOnce; priority += 1) void this.#runAll();
  }

  async #runAll(): Promise<void> {
    for (let work = this.#waiting.shift(); work !== undefined; work = this.#waiting.shift()) await work();
  }
}
