import { setTimeout as delay } from 'node:timers/promises';

const KEPT = 16;

/**
 * How long the store lately took for calls that it knew already, or for any while there was no such call: so long an answer
 * is made to take that needs no store, lest it be told from the others by its speed.
 */
export class AnswerTimes {
  #known: number[] = [];
  #any: number[] = [];

  /** @param ms what a commit took; `isKnown` when it brought nothing new */
  add(ms: number, isKnown: boolean): void {
    this.#any = [...this.#any, ms].slice(-KEPT);
    if (isKnown) this.#known = [...this.#known, ms].slice(-KEPT);
  }

  /** As long as one of them. */
  async wait(): Promise<void> {
    const times = this.#known.length > 0 ? this.#known : this.#any;
    const ms = times[Math.floor(Math.random() * times.length)] ?? 0;
    await delay(ms);
  }
}
