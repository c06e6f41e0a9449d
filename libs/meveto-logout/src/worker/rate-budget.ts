/** A token bucket: at most `perSecond` starts a second on average, and as many at once. Monotonic milliseconds. */
export class RateBudget {
  #left: number;
  #filledAt: number;

  constructor(
    private readonly perSecond: number,
    now: number,
  ) {
    this.#left = perSecond;
    this.#filledAt = now;
  }

  /** How many may start now, at most `wanted`; they count as started. */
  take(wanted: number, now: number): number {
    const earned = ((now - this.#filledAt) / 1_000) * this.perSecond;
    this.#left = Math.min(this.perSecond, this.#left + earned);
    this.#filledAt = now;
    const taken = Math.min(wanted, Math.floor(this.#left));
    this.#left -= taken;
    return taken;
  }

  giveBack(count: number): void {
    this.#left = Math.min(this.perSecond, this.#left + count);
  }
}
