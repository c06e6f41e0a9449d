import { setTimeout as delay } from 'node:timers/promises';
import {
  type ApplyOutcome,
  type ClaimedJob,
  isRowFault,
  Isolation,
  type Logout,
  type NamedJob,
  type Store,
} from '../store/index.js';

const MAX_BATCH = 256;
/** How many more answers a batch may have after one that was written. */
const GROWTH = 8;
/** The shortest time from the begin of a batch to the next one, in milliseconds. Under load it makes larger, cheaper batches. */
const BATCH_EVERY_MS = 4;
/** How many transactions isolate the jobs of failed batches at the same time. */
const PARALLEL = 4;

interface Waiting extends NamedJob {
  readonly resolve: (outcome: ApplyOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes logouts in batches. Answers that arrive during a commit share the next one, so no answer waits for a timer. A row that the
 * database refuses or keeps locked delays its own job only.
 */
export class LogoutBatches {
  readonly #isolation = new Isolation(PARALLEL);
  /** Jobs whose rows the database refused or kept locked: they are tried again alone. */
  readonly #refused = new WeakSet<ClaimedJob>();
  #waiting: Waiting[] = [];
  #isWriting = false;
  /** How many answers the next batch may have. A batch that fails as a whole may have been too slow: the next one is smaller. */
  #size = MAX_BATCH;
  /** Earliest begin of the next batch, of `performance.now()`. */
  #nextAt = 0;

  /** @param committing called with each logout right before every try to commit */
  constructor(
    private readonly store: Store,
    private readonly committing: (logout: Logout) => void,
  ) {}

  /** @throws {StoreUnavailableError} when nothing was recorded: try again. */
  apply(job: ClaimedJob, mevetoId: string): Promise<ApplyOutcome> {
    if (this.#refused.has(job)) return this.#alone({ job, mevetoId });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, mevetoId, resolve, reject });
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

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
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

  /** Waits for all answers that the event loop already holds; under load until it is time for the next batch. */
  async #gather(): Promise<void> {
    const pauseMs = this.#nextAt - performance.now();
    if (pauseMs < 1 || this.#waiting.length >= MAX_BATCH)
      await new Promise((resolve) => setImmediate(resolve));
    else await delay(pauseMs);
    this.#nextAt = performance.now() + BATCH_EVERY_MS;
  }

  /** Not awaited by the next batch. */
  async #isolate(batch: readonly Waiting[]): Promise<void> {
    const { failed } = await this.#isolation.write(batch, (some) => this.#write(some));
    for (const { job: waiting, error } of failed) {
      if (isRowFault(error)) this.#refused.add(waiting.job);
      waiting.reject(error);
    }
  }

  /** Settles all jobs of the batch, those that need a transaction of their own later. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    const outcomes = await this.store.logoutStore.applyLogouts(batch, this.committing);
    for (const waiting of batch) {
      const outcome = outcomes.get(waiting.job.id);
      if (outcome !== undefined) waiting.resolve(outcome);
      else this.#alone(waiting).then(waiting.resolve, waiting.reject);
    }
  }

  #alone({ job, mevetoId }: NamedJob): Promise<ApplyOutcome> {
    return this.store.logoutStore.applyLogout(job, mevetoId, this.committing);
  }
}
