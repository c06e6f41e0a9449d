/** Longer than any set-back at the end of summer time, in milliseconds. */
const LOOK_BACK_MS = 3 * 3_600_000;
const MINUTE_MS = 60_000;

/**
 * The last moment before this process's local time was set back, epoch milliseconds, if the local time of that moment is later
 * than the local time of `at`; otherwise undefined. A column without a time zone does not keep the order of instants in between.
 * @param at epoch milliseconds
 * @param offsetAt gives the minutes that local time is behind UTC
 */
export function lastMomentBeforeSetBack(
  at: number,
  offsetAt = (instant: number): number => new Date(instant).getTimezoneOffset(),
): number | undefined {
  let [before, after] = [at - LOOK_BACK_MS, at];
  if (offsetAt(before) >= offsetAt(after)) return undefined;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === offsetAt(at)) after = middle;
    else before = middle;
  }
  const localTime = (instant: number): number => instant - offsetAt(instant) * MINUTE_MS;
  return localTime(before) > localTime(at) ? before : undefined;
}
