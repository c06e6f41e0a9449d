import { PendingWebhooksUnavailableError } from './errors.js';

const MAX_PAGES = 10_000;
/** An older pass starts again: Meveto may have added entries to pages that the pass has already read. */
const MAX_AGE_MS = 3_600_000;
const MAX_FRUITLESS_RUNS = 2;

/**
 * One pass over the list, from its first page to its last. A pass may take several runs: a rate limit of Meveto may allow
 * fewer pages per run than the list has. If each run began with the first page, no run would reach the last page.
 */
export class ListReading {
  readonly #seen = new Set<string>();
  #cursor: string | undefined;
  #pageCount = 0;
  #pagesOfRun = 0;
  #missedCount = 0;
  #fruitlessRuns = 0;

  /**
   * @param askedAt start of the pass, epoch milliseconds of the store's clock
   * @param beganTick start of the pass, of `performance.now()`
   */
  constructor(
    readonly askedAt: number,
    readonly beganTick: number,
  ) {}

  /** Cursor of the next page. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Number of missed deliveries so far. */
  get missedCount(): number {
    return this.#missedCount;
  }

  /** Whether the pass began in an earlier run. */
  get isContinued(): boolean {
    return this.#pageCount > this.#pagesOfRun;
  }

  /**
   * The run stopped in the middle of the list. Returns whether the next run may resume at this cursor. A cursor may become
   * invalid: returns false after an hour, and after a run that failed without reading a page.
   * @param wasToldToWait whether Meveto asked for a pause: then only the second run in a row without a page counts
   */
  mayResume(wasToldToWait: boolean): boolean {
    if (this.#pagesOfRun > 0) this.#fruitlessRuns = 0;
    else this.#fruitlessRuns += wasToldToWait ? 1 : MAX_FRUITLESS_RUNS;
    this.#pagesOfRun = 0;
    const isYoung = performance.now() - this.beganTick < MAX_AGE_MS;
    return this.#pageCount > 0 && isYoung && this.#fruitlessRuns < MAX_FRUITLESS_RUNS;
  }

  /**
   * Records a page that was read and stored. Returns true for the last page.
   * @throws {PendingWebhooksUnavailableError} when the list has no end
   */
  pageRead(next: string | undefined, missedCount: number): boolean {
    this.#missedCount += missedCount;
    this.#pageCount += 1;
    this.#pagesOfRun += 1;
    if (next === undefined) return true;
    if (this.#seen.has(next)) throw this.#endless('a page repeats an earlier cursor');
    if (this.#pageCount >= MAX_PAGES)
      throw this.#endless(`the list has more than ${String(MAX_PAGES)} pages`);
    this.#seen.add(next);
    this.#cursor = next;
    return false;
  }

  #endless(why: string): PendingWebhooksUnavailableError {
    this.#pageCount = 0;
    return new PendingWebhooksUnavailableError(why);
  }
}
