const FIRST_MS = 1_000;
const CAP_MS = 30_000;
const LATE_CAP_MS = 300_000;
const LATE_AFTER_MS = 600_000;

/**
 * Pause before the next attempt, in milliseconds: doubles from one second to at most 30 s during a job's first ten minutes,
 * and to at most 5 minutes later. A random part of up to one half is subtracted, so that jobs do not retry in step.
 * @param ageMs age of the job since its receipt, in milliseconds
 * @param random 0 to 1
 */
export function backoffMs(attempts: number, ageMs: number, random: number): number {
  const cap = ageMs < LATE_AFTER_MS ? CAP_MS : LATE_CAP_MS;
  const full = Math.min(cap, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.round(full * (0.5 + random / 2));
}
