import { setMaxListeners } from 'node:events';

/**
 * Aborts one request after a time, or when `other` aborts. AbortSignal.any() would leak memory per request, because
 * `other` lives as long as the process.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #ending: NodeJS.Immediate | undefined;
  #hasPassed = false;
  readonly #abort = (): void => {
    this.#end(() => {
      this.#controller.abort(this.other.reason);
    });
  };

  /**
   * @param mayBeAnswered whether an unread answer may wait in a socket, as after a time in which the event loop was blocked. Then
   * the abort is one turn of the event loop later, so that Node reads the answer first.
   */
  constructor(
    afterMs: number,
    private readonly other: AbortSignal,
    private readonly mayBeAnswered: () => boolean = () => false,
  ) {
    this.#timer = setTimeout(() => {
      this.#end(() => {
        this.#hasPassed = true;
        this.#controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'));
      });
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
    clearImmediate(this.#ending);
    this.other.removeEventListener('abort', this.#abort);
  }

  #end(abort: () => void): void {
    if (this.mayBeAnswered()) this.#ending ??= setImmediate(abort);
    else abort();
  }
}
