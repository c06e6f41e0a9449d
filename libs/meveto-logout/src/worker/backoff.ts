const FIRST_MS = 1_000;
const CAP_MS = 30_000;
const LATE_CAP_MS = 300_000;
const LATE_AFTER_MS = 600_000;

/**
 * Pause before the next attempt, in milliseconds: doubling from one second, at most 30 s during a call's first ten
 * minutes and 5 minutes later, of which a random half is taken off so that calls do not come back in step.
 * @param ageMs how long ago the call was received
 * @param random 0 to 1
 */
export function backoffMs(attempts: number, ageMs: number, random: number): number {
  const cap = ageMs < LATE_AFTER_MS ? CAP_MS : LATE_CAP_MS;
  const full = Math.min(cap, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.round(full * (0.5 + random / 2));
}
