import { isStrangers, type Lane } from '../model/lane.js';
import { ExchangeBreaker } from './exchange-breaker.js';

/** What an outcome says of Meveto, where that is news. */
export type OutageNews = 'begun' | 'begun-for-strangers' | 'ended';

/** Strangers can bring about beginnings and ends as often as they like: of theirs no more is told. */
const TELL_EVERY_MS = 60_000;

/**
 * Two breakers: what fails of strangers holds up strangers alone, since a forged token may have a shape to which Meveto, or what
 * stands before it, has no answer that counts. What fails of others counts for strangers, too. All times are monotonic milliseconds.
 */
export class LaneBreakers {
  readonly #trusted = new ExchangeBreaker();
  readonly #strangers = new ExchangeBreaker();
  /** Whether it was told that strangers have to wait now. */
  #isTold = false;
  #toldAt = -Infinity;

  /**
   * How many exchanges may start now, at most `wanted`, and how many of them for strangers. In an outage one may, whoever's turn it is:
   * a stranger's only where nobody else waits.
   */
  allows(wanted: number, now: number): { readonly all: number; readonly strangers: number } {
    const all = this.#trusted.allows(wanted, now);
    return { all, strangers: this.#strangers.allows(all, now) };
  }

  /** This call is about to be worked on: while its breaker is open, it is the probe. */
  probed(call: { readonly lane: Lane }, now: number): void {
    this.#of(call).probed(now);
  }

  /**
   * What became of an exchange.
   * @param answered whether Meveto gave an answer that counts; undefined when that says nothing of Meveto
   */
  judge(call: { readonly lane: Lane }, answered: boolean | undefined, now: number): OutageNews | undefined {
    if (answered === undefined) this.#of(call).unprobed(now);
    else if (answered) return this.#succeeded(call) ? 'ended' : undefined;
    else return this.#failed(call, now);
    return undefined;
  }

  #of(call: { readonly lane: Lane }): ExchangeBreaker {
    return isStrangers(call) ? this.#strangers : this.#trusted;
  }

  /** An answer to a call that is more likely real does not say that strangers' tokens have answers, unless there was an outage. */
  #succeeded(call: { readonly lane: Lane }): boolean {
    const isOutageOver = this.#trusted.succeeded();
    const countsForStrangers = isOutageOver || isStrangers(call) || !this.#strangers.isOpen;
    const isOverForStrangers = countsForStrangers && this.#strangers.succeeded() && this.#isTold;
    return isOutageOver || isOverForStrangers;
  }

  #failed(call: { readonly lane: Lane }, now: number): OutageNews | undefined {
    const hasBegunForStrangers = this.#strangers.failed(now);
    if (!isStrangers(call) && this.#trusted.failed(now)) return 'begun';
    if (hasBegunForStrangers) this.#isTold = false;
    // What goes on is told later.
    const isNews = this.#strangers.isOpen && !this.#trusted.isOpen && !this.#isTold;
    if (!isNews || now < this.#toldAt + TELL_EVERY_MS) return undefined;
    this.#isTold = true;
    this.#toldAt = now;
    return 'begun-for-strangers';
  }
}
