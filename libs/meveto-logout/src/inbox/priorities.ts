import { LRUCache } from 'lru-cache';
import type { KeyedDigest } from '../core/index.js';
import { KNOWN_SENDER_FOR_MS, type Priority, type Room, type Store } from '../store/index.js';

const MAX_SENDERS = 10_000;
const REMEMBERED_FOR_MS = 500;
const COUNT_EVERY_MS = 500;

/** A sender's digests, by the current key and earlier ones. */
export type SenderDigests = readonly string[];

/** The priority of a sender's jobs; undefined if the sender has not been looked up. */
export type PriorityOf = (sender: SenderDigests) => Priority | undefined;

/** Finds out whether senders are known. Remembers the answers for a short time: most webhooks come from few addresses. */
export class KnownSenders {
  readonly #digests = new LRUCache<string, SenderDigests>({ max: MAX_SENDERS });
  readonly #isKnown = new LRUCache<string, boolean>({ max: MAX_SENDERS, ttl: REMEMBERED_FOR_MS });

  constructor(
    private readonly store: Store,
    private readonly digests: KeyedDigest,
  ) {}

  digestsOf(address: string): SenderDigests {
    let own = this.#digests.get(address);
    if (own === undefined) {
      own = [this.digests.ofSender(address), ...this.digests.earlierOfSender(address)];
      this.#digests.set(address, own);
    }
    return own;
  }

  /**
   * Looks up the priorities of these senders.
   * @throws {StoreUnavailableError} when the store cannot be asked.
   */
  async prioritiesOf(senders: readonly SenderDigests[]): Promise<PriorityOf> {
    const digests = new Set(senders.flat());
    const isKnown = new Map([...digests].map((digest) => [digest, this.#isKnown.get(digest)]));
    const asked = [...isKnown].flatMap(([digest, known]) => (known === undefined ? [digest] : []));
    const found = new Set(await this.store.inbox.knownSenders(asked, KNOWN_SENDER_FOR_MS));
    for (const digest of asked) {
      isKnown.set(digest, found.has(digest));
      this.#isKnown.set(digest, found.has(digest));
    }
    return (sender) => {
      if (!sender.every((digest) => isKnown.has(digest))) return undefined;
      return sender.some((digest) => isKnown.get(digest) === true) ? 'known' : 'unknown';
    };
  }
}

/** Number of waiting jobs per priority. Counted in the store at intervals; new jobs are added in between. */
export class PriorityLoad {
  #waiting: Record<Priority, number> = { listed: 0, known: 0, unknown: 0 };
  /** All jobs that were ever added. */
  readonly #added: Record<Priority, number> = { listed: 0, known: 0, unknown: 0 };
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly maxWaiting: number,
  ) {}

  /** Whether every priority certainly has room for so many jobs, by a recent count. */
  hasRoomFor(jobs: number): boolean {
    const most = Math.max(...Object.values(this.#waiting));
    return performance.now() - this.#countedAt <= COUNT_EVERY_MS && this.maxWaiting - most >= jobs;
  }

  /**
   * How many more jobs may wait in each priority. Jobs that are added during a count may count twice, but are never missed.
   * @throws {StoreUnavailableError} when the store cannot count the jobs.
   */
  async room(): Promise<Room> {
    if (performance.now() - this.#countedAt > COUNT_EVERY_MS) {
      const before = { ...this.#added };
      const counted = await this.store.inbox.waitingByPriority();
      const withAdded = (priority: Priority): number =>
        counted[priority] + this.#added[priority] - before[priority];
      this.#waiting = {
        listed: withAdded('listed'),
        known: withAdded('known'),
        unknown: withAdded('unknown'),
      };
      this.#countedAt = performance.now();
    }
    const { listed, known, unknown } = this.#waiting;
    return {
      listed: this.maxWaiting - listed,
      known: this.maxWaiting - known,
      unknown: this.maxWaiting - unknown,
    };
  }

  add(priority: Priority): void {
    this.#waiting[priority] += 1;
    this.#added[priority] += 1;
  }
}
