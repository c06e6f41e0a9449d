import { setMaxListeners } from 'node:events';

/**
 * Ends one request: after a time, or when `other` says so. AbortSignal.any() would keep a little of every request for as long
 * as `other` lives, which is as long as the process.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isOver = false;
  readonly #abort = (): void => {
    this.#controller.abort();
  };

  constructor(
    afterMs: number,
    private readonly other: AbortSignal,
  ) {
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#abort();
    }, afterMs);
    // As many requests as may be on their way at once wait for it: that is no leak.
    setMaxListeners(0, other);
    if (other.aborted) this.#abort();
    else other.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it was the time that ended the request. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The request has ended: nothing is kept of it. */
  clear(): void {
    clearTimeout(this.#timer);
    this.other.removeEventListener('abort', this.#abort);
  }
}
