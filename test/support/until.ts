import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the first truthy result; fails after `timeoutMs`, naming what was waited for. */
export async function until<T>(what: string, check: () => T | Promise<T>, timeoutMs = 5_000): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > giveUpAt) throw new Error(`not within ${String(timeoutMs)} ms: ${what}`);
    await delay(15);
  }
}
