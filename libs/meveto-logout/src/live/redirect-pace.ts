import type { Faults } from '../options/checks.js';

/** A browser waits no longer than this for its turn. */
export const LONGEST_DELAY_MS = 30_000;

const BURST_MS = 250;

/** The option of that name, checked; 400 by default. */
export const redirectsPerSecondOf = (given: number | undefined, faults: Faults): number =>
  faults.integer('livePush.redirectsPerSecond', given, 400, { min: 1, max: 100_000 });

/**
 * Spreads the pages that are sent to the login page, so that a logout of thousands is no flood there: as many at once as
 * a quarter of a second allows, then one after the other at an even pace.
 */
export class RedirectPace {
  readonly #intervalMs: number;
  #nextAt = 0;

  constructor(perSecond: number) {
    this.#intervalMs = 1_000 / perSecond;
  }

  /** How long the next page is to wait, in whole milliseconds. Past the longest delay, turns are drawn by lot. */
  nextDelayMs(now = performance.now()): number {
    this.#nextAt = Math.max(this.#nextAt, now - BURST_MS);
    const delayMs = Math.max(0, Math.ceil(this.#nextAt - now));
    if (delayMs >= LONGEST_DELAY_MS) return Math.floor(Math.random() * LONGEST_DELAY_MS);
    this.#nextAt += this.#intervalMs;
    return delayMs;
  }
}
