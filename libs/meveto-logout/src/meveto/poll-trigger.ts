const SOON_MS = 250;
/** The pause between repeated polls doubles up to this value. After ten minutes of failure the pause may grow further. */
const SOON_CAP_MS = 30_000;
const LONG_FAILURE_MS = 600_000;
const LONG_FAILURE_CAP_MS = 300_000;

/**
 * Schedules polls beside the regular ones: shortly after a trigger, and again with growing pauses until a poll that began
 * after the trigger has succeeded.
 */
export class PollTrigger {
  #timer: NodeJS.Timeout | undefined;
  /** Time of the scheduled poll, of `performance.now()`. */
  #dueAt = 0;
  /** Since when every poll has failed, of `performance.now()`. */
  #failingSince: number | undefined;
  #isStopped = false;

  /**
   * @param poll starts a poll; resolves with true once the whole list was read
   * @param notBefore earliest time of a poll, of `performance.now()`
   */
  constructor(
    private readonly poll: () => Promise<boolean>,
    private readonly notBefore: () => number,
  ) {}

  /** Whether a poll is scheduled. */
  get isDue(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * Polls after this pause. A new trigger never delays a poll that is already scheduled, and never shortens the pauses while
   * polls fail.
   */
  pollSoon(pauseMs = SOON_MS): void {
    if (this.#isStopped) return;
    const now = performance.now();
    const dueAt = Math.max(now + pauseMs, this.notBefore() + 1);
    if (this.isDue && (this.#dueAt <= dueAt || this.#failingSince !== undefined)) return;
    this.#cancel();
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#pollNow(pauseMs);
    }, dueAt - now);
    this.#timer.unref();
  }

  /** Records a poll that read the whole list. */
  succeeded(): void {
    this.#failingSince = undefined;
  }

  /** Records a failed poll. */
  failed(): void {
    this.#failingSince ??= performance.now();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #pollNow(pauseMs: number): Promise<void> {
    if (await this.poll()) return;
    if (this.#failingSince !== undefined) this.#cancel();
    this.pollSoon(Math.min(pauseMs * 2, this.#longestPauseMs()));
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
