import { PendingCallsUnavailableError } from '../errors.js';

const MAX_PAGES = 10_000;

/**
 * One reading of the list, from its first page to its last. It may take several turns: a list may have more pages than Meveto lets
 * be asked for at a time, and would never be read to its end if each turn began with the first.
 */
export class ListReading {
  readonly #seen = new Set<string>();
  #cursor: string | undefined;
  #pageCount = 0;
  #pagesOfTurn = 0;
  #gapCount = 0;

  /**
   * @param askedAt when it began, epoch milliseconds of the store's clock
   * @param beganTick the same of `performance.now()`
   */
  constructor(
    readonly askedAt: number,
    readonly beganTick: number,
  ) {}

  /** Where the next page starts. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** How many calls no push has brought. */
  get gapCount(): number {
    return this.#gapCount;
  }

  /** Whether it was begun in an earlier turn. */
  get isContinued(): boolean {
    return this.#pageCount > this.#pagesOfTurn;
  }

  /**
   * A turn is over before the list was: whether the next one goes on from here. A page that failed by itself may have a cursor that is
   * good no more.
   */
  mayGoOn(wasToldToWait: boolean): boolean {
    const mayGoOn = this.#pageCount > 0 && (wasToldToWait || this.#pagesOfTurn > 0);
    this.#pagesOfTurn = 0;
    return mayGoOn;
  }

  /**
   * A page was read and stored. True if it was the last one.
   * @throws {PendingCallsUnavailableError} when the list has no end
   */
  pageRead(next: string | undefined, gapCount: number): boolean {
    this.#gapCount += gapCount;
    this.#pageCount += 1;
    this.#pagesOfTurn += 1;
    if (next === undefined) return true;
    if (this.#seen.has(next)) throw this.#endless('a page’s cursor came a second time');
    if (this.#pageCount >= MAX_PAGES) throw this.#endless(`it has more than ${String(MAX_PAGES)} pages`);
    this.#seen.add(next);
    this.#cursor = next;
    return false;
  }

  #endless(why: string): PendingCallsUnavailableError {
    this.#pageCount = 0;
    return new PendingCallsUnavailableError(why);
  }
}
