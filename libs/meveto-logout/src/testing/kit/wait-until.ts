// Fake timers of test runners do not replace those of this module.
import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 10;

/** Waits in real time until the condition holds. Returns false when it does not hold before the deadline. */
export async function waitUntil(deadlineMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > giveUpAt) return false;
    await delay(EVERY_MS);
  }
}
