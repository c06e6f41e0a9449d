const MAX_REST_MS = 50;
const MAX_LONGER_REST_MS = 25;
const MAX_REST_FACTOR = 4;

/**
 * How long the event loop rests after a commit, in milliseconds: as long as that took, 50 ms at most, and up to four times
 * as long when many have shared it, 25 ms at most.
 */
export function restMs(tookMs: number, size: number): number {
  const longerMs = Math.min(tookMs * Math.min(size, MAX_REST_FACTOR), MAX_LONGER_REST_MS);
  return Math.min(Math.max(tookMs, longerMs), MAX_REST_MS);
}
