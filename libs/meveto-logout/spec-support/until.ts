import { setTimeout as delay } from 'node:timers/promises';

const CHECK_EVERY_MS = 15;

/** Resolves with the first truthy result; fails after `timeoutMs` with the text `what`. */
export async function until<T>(what: string, check: () => T | Promise<T>, timeoutMs = 5_000): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > giveUpAt) throw new Error(`not within ${String(timeoutMs)} ms: ${what}`);
    await delay(CHECK_EVERY_MS);
  }
}

/** Shows that something does not happen: checks for `ms`, and fails as soon as the result is false. */
export async function staysTrue(
  what: string,
  ms: number,
  check: () => boolean | Promise<boolean>,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startedAt;
    if (!(await check())) throw new Error(`no longer true after ${elapsedMs.toFixed(0)} ms: ${what}`);
    if (elapsedMs >= ms) return;
    await delay(Math.min(CHECK_EVERY_MS, ms - elapsedMs));
  }
}

/**
 * Waits for a time that the test requires: a later instant, the end of a lease, the pace of a load. `until` waits for something,
 * `staysTrue` shows that nothing happens.
 */
export const letTimePass = (ms: number): Promise<void> => delay(ms);
