import { setTimeout as delay } from 'node:timers/promises';
import {
  type ExchangeOutcome,
  TokenExchange,
} from '../../libs/meveto-logout/src/inbox/token-exchange.port.js';
import type { UserToken } from '../../libs/meveto-logout/src/store/job.js';
import { mevetoIdOf } from './meveto-id.js';

const LIMIT_MS = 30_000;

/** Holds the answers to all exchanges, and then gives them at once. A token is the number of its user. */
export class HeldExchange extends TokenExchange {
  override readonly deadlineMs = 20_000;
  #held: (() => void)[] = [];

  override exchange(token: UserToken): Promise<ExchangeOutcome> {
    const mevetoId = mevetoIdOf(Number(token.reveal()));
    return new Promise((resolve) => {
      this.#held.push(() => {
        resolve({ kind: 'person', mevetoId });
      });
    });
  }

  /** Resolves when the worker waits for this many answers. */
  async holds(count: number): Promise<void> {
    const startedAt = performance.now();
    while (this.#held.length < count) {
      await delay(5);
      if (performance.now() - startedAt > LIMIT_MS)
        throw new Error(`The worker waits for ${String(this.#held.length)} answers, not ${String(count)}.`);
    }
  }

  release(): void {
    for (const give of this.#held.splice(0)) {
      give();
    }
  }
}
