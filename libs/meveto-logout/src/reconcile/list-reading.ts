import { PendingCallsUnavailableError } from '../errors.js';

const MAX_PAGES = 10_000;
/** What is listed anew may stand on pages that were read before. */
const MAX_AGE_MS = 3_600_000;
const MAX_FRUITLESS_TURNS = 2;

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
  #fruitlessTurns = 0;

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
   * A turn is over before the list was: whether the next one goes on from here. Not for long, and not for a page that cannot be had: its
   * cursor may be good no more.
   */
  mayGoOn(wasToldToWait: boolean): boolean {
    if (this.#pagesOfTurn > 0) this.#fruitlessTurns = 0;
    else this.#fruitlessTurns += wasToldToWait ? 1 : MAX_FRUITLESS_TURNS;
    this.#pagesOfTurn = 0;
    const isYoung = performance.now() - this.beganTick < MAX_AGE_MS;
    return this.#pageCount > 0 && isYoung && this.#fruitlessTurns < MAX_FRUITLESS_TURNS;
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
