import { setMaxListeners } from 'node:events';

/**
 * Aborts one request after a time, or when `other` aborts. AbortSignal.any() would leak memory per request, because
 * `other` lives as long as the process.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #hasPassed = false;
  readonly #abort = (): void => {
    this.#controller.abort(this.other.reason);
  };

  constructor(
    afterMs: number,
    private readonly other: AbortSignal,
  ) {
    this.#timer = setTimeout(() => {
      this.#hasPassed = true;
      this.#controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'));
    }, afterMs);
    // Many concurrent requests listen to `other`: that is no leak.
    setMaxListeners(0, other);
    if (other.aborted) this.#abort();
    else other.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the deadline ended the request. */
  get hasPassed(): boolean {
    return this.#hasPassed;
  }

  /** Releases all resources after the request. */
  clear(): void {
    clearTimeout(this.#timer);
    this.other.removeEventListener('abort', this.#abort);
  }
}
