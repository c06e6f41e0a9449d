import { integer } from '../core/index.js';

/** The longest delay that a browser receives. */
export const LONGEST_DELAY_MS = 30_000;

const BURST_MS = 250;

/** The option `redirectsPerSecond`. Default: 400. */
export const redirectsPerSecond = integer(400, 1, 100_000);

/**
 * Spreads redirects to the login page over time, so that a logout of thousands of users does not flood it. Pages within
 * a burst of a quarter of a second leave at once; the others follow at an even pace.
 */
export class RedirectPace {
  readonly #intervalMs: number;
  #nextAt = 0;

  constructor(perSecond: number) {
    this.#intervalMs = 1_000 / perSecond;
  }

  /** The delay of the next page in whole milliseconds. Beyond the longest delay, the delay is random. */
  nextDelayMs(now = performance.now()): number {
    this.#nextAt = Math.max(this.#nextAt, now - BURST_MS);
    const delayMs = Math.max(0, Math.ceil(this.#nextAt - now));
    if (delayMs >= LONGEST_DELAY_MS) return Math.floor(Math.random() * LONGEST_DELAY_MS);
    this.#nextAt += this.#intervalMs;
    return delayMs;
  }
}
