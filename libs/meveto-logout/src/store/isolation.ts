import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { StoreUnavailableError } from './errors.js';
import { storeEvents } from './events.js';
import type { Script, Selection, SqlEngine } from './sql/sql.js';

/** Into how many parts a failed batch is divided. One refused row among 256 costs 16 transactions with 16 jobs, and 16 with one. */
const PARTS = 16;

const MAX_BATCH = 256;
/** How many more jobs a batch may have after one that was written. */
const GROWTH = 8;
/** The shortest time from the begin of a batch to the next one, in milliseconds. Under load it makes larger, cheaper batches. */
const BATCH_EVERY_MS = 4;
/** How many transactions isolate the jobs of failed batches at the same time. */
const PARALLEL = 4;

const REFUSED_FOR_MS = 600_000;
const MAX_REFUSED = 200;

/** Whether the database answers, but refuses one of the written rows or keeps it locked. */
export const isRowFault = (error: unknown): boolean =>
  error instanceof StoreUnavailableError && error.isRowFault;

export interface Written<J, R> {
  /** The result of each transaction. */
  readonly results: readonly R[];
  readonly failed: readonly { readonly job: J; readonly error: unknown }[];
}

type Write<J, R> = (jobs: readonly J[]) => Promise<R>;

/**
 * Writes jobs in one transaction. If the database refuses one of their rows or keeps it locked, divides the jobs until the jobs of such
 * rows are alone: only these fail.
 * @throws the error of the first transaction if it is an outage, or if there is one job only
 */
export async function isolated<J, R>(jobs: readonly J[], write: Write<J, R>): Promise<Written<J, R>> {
  try {
    return { results: [await write(jobs)], failed: [] };
  } catch (error) {
    if (jobs.length < 2 || !isRowFault(error)) throw error;
    return new Isolation().write(jobs, write);
  }
}

/** Writes the jobs of failed batches in parts. */
export class Isolation {
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  /** @param parallel how many transactions run at the same time, where a locked row must delay one of them only */
  constructor(private readonly parallel = 1) {}

  /** Resolves when each job was written or has failed. After an outage the remaining jobs fail without a try. */
  async write<J, R>(jobs: readonly J[], write: Write<J, R>): Promise<Written<J, R>> {
    const results: R[] = [];
    const failed: { job: J; error: unknown }[] = [];
    let outage: { readonly error: unknown } | undefined;
    const attempt = async (part: readonly J[]): Promise<void> => {
      try {
        results.push(
          await this.#inTurn(() => {
            if (outage !== undefined) throw outage.error;
            return write(part);
          }),
        );
      } catch (error) {
        if (!isRowFault(error)) outage ??= { error };
        if (part.length > 1 && outage === undefined) await Promise.all(divided(part).map(attempt));
        else failed.push(...part.map((job) => ({ job, error })));
      }
    };
    await Promise.all(divided(jobs).map(attempt));
    return { results, failed };
  }

  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject: (reason: Error) => void) => {
      this.#waiting.push(async () => {
        try {
          resolve(await work());
        } catch (error) {
          reject(error as Error);
        }
      });
      void this.#runWaiting();
    });
  }

  async #runWaiting(): Promise<void> {
    if (this.#running >= this.parallel) return;
    this.#running += 1;
    for (let work = this.#waiting.shift(); work !== undefined; work = this.#waiting.shift()) await work();
    this.#running -= 1;
  }
}

function divided<J>(jobs: readonly J[]): readonly (readonly J[])[] {
  const size = Math.ceil(jobs.length / PARTS);
  return Array.from({ length: Math.ceil(jobs.length / size) }, (_, part) =>
    jobs.slice(part * size, (part + 1) * size),
  );
}

/**
 * Changes the rows that a query selects, all in one transaction. If the database refuses one of them, by a constraint or a trigger, it
 * changes the others apart, and leaves out the refused rows for ten minutes: they must neither fail nor fill each batch.
 */
export class RowByRow {
  readonly #refused = new LRUCache<string, true>({ max: MAX_REFUSED, ttl: REFUSED_FOR_MS });

  constructor(private readonly engine: SqlEngine) {}

  /**
   * @param change changes the selected rows
   * @param find the keys of the rows that `change` would change, read without a lock
   * @returns the result of each transaction
   */
  async change<R>(
    operation: string,
    change: (selection: Selection) => Script<R>,
    find: (selection: Selection) => Script<readonly string[]>,
  ): Promise<R[]> {
    const except = this.#keys();
    try {
      return [await this.engine.transaction(operation, () => change({ except }))];
    } catch (error) {
      if (!isRowFault(error)) throw error;
    }
    const keys = await this.engine.read(operation, () => find({ except }));
    const { results, failed } = await new Isolation().write(keys, (only) =>
      this.engine.transaction(operation, () => change({ only, except: [] })),
    );
    this.#remember(
      operation,
      failed.filter(({ error }) => isRowFault(error)).map(({ job }) => job),
    );
    return [...results];
  }

  #keys(): readonly string[] {
    this.#refused.purgeStale();
    return [...this.#refused.keys()];
  }

  /** The database's error is not logged: it may contain values. */
  #remember(operation: string, keys: readonly string[]): void {
    for (const key of keys) this.#refused.set(key, true);
    const [rowId] = keys;
    if (rowId === undefined) return;
    const refused = { operation, count: keys.length, rowId };
    this.engine.events.emit(storeEvents.MEVETO_ROWS_REFUSED, refused);
  }
}

/** How to write what is known about jobs. */
export interface BatchWriter<J, R> {
  /** Writes a batch in one transaction. Returns the results in the same order; undefined for what needs a transaction of its own. */
  readonly write: (batch: readonly J[]) => Promise<readonly (R | undefined)[]>;
  /** Writes in a transaction of its own. */
  readonly alone: (each: J) => Promise<R>;
}

interface Waiting<J, R> {
  readonly each: J;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes outcomes of jobs in batches. What arrives during a commit shares the next one, so nothing waits for a timer. A row that the
 * database refuses or keeps locked delays its own job only.
 */
export class WriteBatches<J extends { readonly job: object }, R> {
  readonly #isolation = new Isolation(PARALLEL);
  /** Jobs whose rows the database refused or kept locked: they are tried again alone. */
  readonly #refused = new WeakSet();
  #waiting: Waiting<J, R>[] = [];
  #isWriting = false;
  /** How many jobs the next batch may have. A batch that fails as a whole may have been too slow: the next one is smaller. */
  #size = MAX_BATCH;
  /** Earliest begin of the next batch, of `performance.now()`. */
  #nextAt = 0;

  constructor(private readonly writer: BatchWriter<J, R>) {}

  /** @throws {StoreUnavailableError} when nothing was recorded: try again. */
  add(each: J): Promise<R> {
    if (this.#refused.has(each.job)) return this.writer.alone(each);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ each, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await this.#gather();
      await this.#writeBatch(this.#waiting.splice(0, this.#size));
    }
    this.#isWriting = false;
  }

  async #writeBatch(batch: readonly Waiting<J, R>[]): Promise<void> {
    try {
      await this.#write(batch);
      this.#size = Math.min(MAX_BATCH, this.#size + GROWTH);
    } catch (error) {
      if (isRowFault(error)) void this.#isolate(batch);
      else {
        this.#size = Math.ceil(batch.length / 2);
        for (const { reject } of batch) reject(error);
      }
    }
  }

  /** Waits for all that the event loop already holds; under load until it is time for the next batch. */
  async #gather(): Promise<void> {
    const pauseMs = this.#nextAt - performance.now();
    if (pauseMs < 1 || this.#waiting.length >= MAX_BATCH)
      await new Promise((resolve) => setImmediate(resolve));
    else await delay(pauseMs);
    this.#nextAt = performance.now() + BATCH_EVERY_MS;
  }

  /** Not awaited by the next batch. */
  async #isolate(batch: readonly Waiting<J, R>[]): Promise<void> {
    const { failed } = await this.#isolation.write(batch, (some) => this.#write(some));
    for (const { job: waiting, error } of failed) {
      if (isRowFault(error)) this.#refused.add(waiting.each.job);
      waiting.reject(error);
    }
  }

  /** Settles all jobs of the batch, those that need a transaction of their own later. */
  async #write(batch: readonly Waiting<J, R>[]): Promise<void> {
    const results = await this.writer.write(batch.map(({ each }) => each));
    batch.forEach(({ each, resolve, reject }, index) => {
      const result = results[index];
      if (result !== undefined) resolve(result);
      else this.writer.alone(each).then(resolve, reject);
    });
  }
}
