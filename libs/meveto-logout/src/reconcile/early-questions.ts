const SOON_MS = 250;
/** Pauses between questions that must be answered soon double up to this; after long failure up to more. */
const SOON_CAP_MS = 30_000;
const LONG_FAILURE_MS = 600_000;
const LONG_FAILURE_CAP_MS = 300_000;

/**
 * Questions between the turns of the schedule: asked shortly after there was a reason, and again with growing pauses until
 * one was answered that began after this.
 */
export class EarlyQuestions {
  #timer: NodeJS.Timeout | undefined;
  /** When the next one is due, of `performance.now()`. */
  #dueAt = 0;
  /** Since when every question has failed, of `performance.now()`. */
  #failingSince: number | undefined;
  #isStopped = false;

  /**
   * @param ask a question that begins now; true once it was answered to its end
   * @param notBefore of `performance.now()`: nothing is asked earlier
   */
  constructor(
    private readonly ask: () => Promise<boolean>,
    private readonly notBefore: () => number,
  ) {}

  /** Whether one is due already. */
  get isDue(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * Asks after this pause. Further reasons never put off what is due earlier, nor shorten the pauses while questions fail.
   */
  askSoon(pauseMs = SOON_MS): void {
    if (this.#isStopped) return;
    const now = performance.now();
    const dueAt = Math.max(now + pauseMs, this.notBefore() + 1);
    if (this.isDue && (this.#dueAt <= dueAt || this.#failingSince !== undefined)) return;
    this.#cancel();
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#askNow(pauseMs);
    }, dueAt - now);
    this.#timer.unref();
  }

  /** A question was answered to its end. */
  succeeded(): void {
    this.#failingSince = undefined;
  }

  /** A question failed. True if it is the first one of several. */
  failed(): boolean {
    const isFirst = this.#failingSince === undefined;
    this.#failingSince ??= performance.now();
    return isFirst;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #askNow(pauseMs: number): Promise<void> {
    if (await this.ask()) return;
    if (this.#failingSince !== undefined) this.#cancel();
    this.askSoon(Math.min(pauseMs * 2, this.#longestPauseMs()));
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #longestPauseMs(): number {
    const failingForMs = performance.now() - (this.#failingSince ?? Infinity);
    return failingForMs > LONG_FAILURE_MS ? LONG_FAILURE_CAP_MS : SOON_CAP_MS;
  }
}
