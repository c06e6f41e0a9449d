import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { KeyedDigest } from '../core/index.js';
import { InboxFullError, LogoutUnfinishedError } from './errors.js';
import {
  type JobKind,
  type IncomingJob,
  isRowFault,
  isSameToken,
  Isolation,
  KNOWN_SENDER_FOR_MS,
  type Priority,
  type ResolvedStore,
  type Room,
  type Store,
  STORE,
  STORE_OPTIONS,
  StoreUnavailableError,
  type UserToken,
} from '../store/index.js';
import { type Arrival, JobEvents } from './job-events.js';
import { TokenStorage, type WithToken } from './token-storage.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

const MAX_BATCH = 500;
/** Jobs in memory that wait for a commit. Further jobs are refused at once, because the store does not keep up. */
const MAX_WAITING = 5_000;

/** How many transactions isolate the jobs of failed batches at the same time. The application keeps its other connections. */
const PARALLEL = 4;

const MAX_SENDERS = 10_000;
const REMEMBERED_FOR_MS = 500;
const COUNT_EVERY_MS = 500;

/** A sender's digests, by the current key and earlier ones. */
type SenderDigests = readonly string[];

/** The priority of a sender's jobs; undefined if the sender has not been looked up. */
type PriorityOf = (sender: SenderDigests) => Priority | undefined;

interface Waiting {
  readonly job: Omit<WithToken<IncomingJob>, 'priority'>;
  readonly sender: SenderDigests;
  /** Meveto has already got a 503, and sends the webhook again. */
  isAbandoned: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Takes the jobs of a batch. The senders of all of them have been looked up. */
type Take = (priorityOf: PriorityOf) => readonly Waiting[];

/**
 * Stores jobs in the inbox. The transaction takes its jobs when it begins, so all jobs that arrive until then share its commit. A
 * burst needs few commits, and a single job does not wait for a timer.
 */
@Injectable()
export class Ingest {
  readonly #senders: KnownSenders;
  readonly #priorities: PriorityLoad;
  /** Not awaited by the next batch: a locked row delays its own job only. */
  readonly #isolation = new Isolation(PARALLEL);
  #waiting: Waiting[] = [];
  /** Batches in flight. Locks keep their order, as between two processes. */
  #inFlight = 0;
  /** Whether a batch has begun that has not taken its jobs yet. */
  #isTaking = false;

  constructor(
    @Inject(STORE) store: Store,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(KeyedDigest) private readonly digests: KeyedDigest,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(INBOX_OPTIONS) options: ResolvedInbox,
    @Inject(STORE_OPTIONS) private readonly storeOptions: ResolvedStore,
  ) {
    this.#senders = new KnownSenders(store, digests);
    this.#priorities = new PriorityLoad(store, options.maxWaitingPerPriority);
  }

  /**
   * Resolves once the job is committed, or at once if the job is already stored, with the digests of the token by the current key
   * and by earlier ones.
   * @param address the sender's address, if it is known
   * @throws {InboxFullError} when too many jobs wait in the job's priority.
   * @throws {LogoutUnfinishedError} when the job is stored and its token is in the memory of another process.
   * @throws {StoreUnavailableError} when the store fails or takes longer than `storeTimeoutMs`. The job may be stored all the
   * same; a repetition does no harm.
   */
  async accept(kind: JobKind, token: UserToken, address?: string): Promise<readonly string[]> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new StoreUnavailableError('store a job: too many are waiting');
    const digest = this.digests.ofToken(token.reveal());
    const earlierDigests = this.digests.earlierOfToken(token.reveal());
    const sender = address === undefined ? [] : this.#senders.digestsOf(address);
    await this.#committed({ kind, digest, earlierDigests, token, sender: sender[0] }, sender);
    return [digest, ...earlierDigests];
  }

  #committed(job: Waiting['job'], sender: SenderDigests): Promise<void> {
    return new Promise((resolve, reject: (reason: Error) => void) => {
      const late = setTimeout(() => {
        waiting.isAbandoned = true;
        reject(new StoreUnavailableError('store a job: no answer in time'));
      }, this.storeOptions.storeTimeoutMs);
      const waiting: Waiting = {
        job,
        sender,
        isAbandoned: false,
        resolve: () => {
          clearTimeout(late);
          resolve();
        },
        reject: (error) => {
          clearTimeout(late);
          reject(error as Error);
        },
      };
      this.#waiting.push(waiting);
      this.#begin();
    });
  }

  /** Begins a batch if jobs wait that no other batch is about to take. */
  #begin(): void {
    if (this.#waiting.length === 0 || this.#isTaking || !this.#canBegin()) return;
    this.#isTaking = true;
    this.#inFlight += 1;
    void this.#commitWaiting().finally(() => {
      this.#inFlight -= 1;
      this.#begin();
    });
  }

  /** A further batch needs room for whole batches, because a batch in flight has not been counted. */
  #canBegin(): boolean {
    if (this.#inFlight === 0) return true;
    const { batchesAtOnce } = this.tokens;
    return this.#inFlight < batchesAtOnce && this.#priorities.hasRoomFor(batchesAtOnce * MAX_BATCH);
  }

  async #commitWaiting(): Promise<void> {
    let batch: readonly Waiting[] | undefined;
    // More senders could be too many for one statement.
    const first = this.#waiting.slice(0, MAX_BATCH);
    try {
      await this.#commit(first, (priorityOf) => (batch = this.#takeWaiting(priorityOf)));
    } catch (error) {
      // The transaction may not have begun.
      batch ??= this.#takeWaiting(() => 'unknown');
      if (isRowFault(error)) void this.#isolate(batch);
      else for (const { reject } of batch) reject(error);
    }
  }

  #takeWaiting(priorityOf: PriorityOf): readonly Waiting[] {
    this.#isTaking = false;
    const taken: Waiting[] = [];
    this.#waiting = this.#waiting.filter((each) => {
      if (each.isAbandoned) return false;
      if (taken.length === MAX_BATCH || priorityOf(each.sender) === undefined) return true;
      taken.push(each);
      return false;
    });
    this.#begin();
    return taken;
  }

  async #isolate(batch: readonly Waiting[]): Promise<void> {
    const { failed } = await this.#isolation.write(batch, async (jobs) => {
      const current = jobs.filter(({ isAbandoned }) => !isAbandoned);
      if (current.length > 0) await this.#commit(current, () => current);
    });
    for (const { job, error } of failed) job.reject(error);
  }

  async #commit(candidates: readonly Waiting[], take: Take): Promise<void> {
    const priorityOf = await this.#senders.prioritiesOf(candidates.map(({ sender }) => sender));
    const room = await this.#priorities.room();
    let batch: readonly Waiting[] = [];
    const takeJobs = (): readonly WithToken<IncomingJob>[] => {
      batch = take(priorityOf);
      return batch.map(({ job, sender }) => ({ ...job, priority: priorityOf(sender) ?? 'unknown' }));
    };
    const { opened, refused, elsewhere } = await this.tokens.store(takeJobs, room);
    if (opened.length > 0) this.events.arrived(arrivalOf(batch, priorityOf));
    const uncounted = new Set(opened);
    const withoutRoom = new Set(refused);
    for (const { job, sender, resolve, reject } of batch) {
      if (uncounted.delete(job.digest)) this.#priorities.add(priorityOf(sender) ?? 'unknown');
      if (withoutRoom.has(job.digest)) reject(new InboxFullError());
      // Another process has the token and may lose it: Meveto must repeat the webhook until the job has finished.
      else if (elsewhere.some((digest) => isSameToken(digest, job))) reject(new LogoutUnfinishedError());
      else resolve();
    }
  }
}

const arrivalOf = (batch: readonly Waiting[], priorityOf: PriorityOf): Arrival =>
  batch.every(({ sender }) => priorityOf(sender) === 'unknown') ? 'unknown-senders' : 'any';

/** Finds out whether senders are known. Remembers the answers for a short time: most webhooks come from few addresses. */
class KnownSenders {
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
