import { StoreUnavailableError } from './errors.js';

/** Into how many parts a failed batch is divided. One refused row among 256 costs 16 transactions with 16 jobs, and 16 with one. */
const PARTS = 16;

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
