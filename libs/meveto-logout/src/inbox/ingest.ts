import { Inject, Injectable } from '@nestjs/common';
import { KeyedDigest, within } from '../core/index.js';
import { InboxFullError, LogoutUnfinishedError } from './errors.js';
import {
  type JobKind,
  KNOWN_SENDER_FOR_MS,
  type IncomingJob,
  isRowFault,
  isSameToken,
  Isolation,
  type Priority,
  type ResolvedStore,
  type Store,
  STORE,
  STORE_OPTIONS,
  StoreUnavailableError,
  type UserToken,
} from '../store/index.js';
import { JobEvents } from './job-events.js';
import { TokenStorage, type WithToken } from './token-storage.js';
import { PriorityLoad } from './priority-load.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

const MAX_BATCH = 500;
/** Jobs in memory that wait for a commit. Further jobs are refused at once, because the store does not keep up. */
const MAX_WAITING = 5_000;

/** How many transactions isolate the jobs of failed batches at the same time. The application keeps its other connections. */
const PARALLEL = 4;

interface Waiting {
  readonly job: Omit<WithToken<IncomingJob>, 'priority'>;
  /** The sender's digests, by the current key and earlier ones. */
  readonly senders: readonly string[];
  /** Meveto has already got a 503, and sends the webhook again. */
  isAbandoned: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores jobs in the inbox. Jobs that arrive during a commit share the next commit. So a burst needs few commits, and a
 * single job does not wait for a timer.
 */
@Injectable()
export class Ingest {
  readonly #priorities: PriorityLoad;
  /** Not awaited by the next batch: a locked row delays its own job only. */
  readonly #isolation = new Isolation(PARALLEL);
  #waiting: Waiting[] = [];
  #isCommitting = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(KeyedDigest) private readonly digests: KeyedDigest,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(INBOX_OPTIONS) options: ResolvedInbox,
    @Inject(STORE_OPTIONS) private readonly storeOptions: ResolvedStore,
  ) {
    this.#priorities = new PriorityLoad(store, options.maxWaitingPerPriority);
  }

  /**
   * Resolves once the job is committed, or at once if the job is already stored.
   * @param address the sender's address, if it is known
   * @throws {InboxFullError} when too many jobs wait in the job's priority.
   * @throws {LogoutUnfinishedError} when the job is stored and its token is in the memory of another process.
   * @throws {StoreUnavailableError} when the store fails or takes longer than `storeTimeoutMs`. The job may be stored all the
   * same; a repetition does no harm.
   */
  async accept(kind: JobKind, token: UserToken, address?: string): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new StoreUnavailableError('store a job: too many are waiting');
    const digest = this.digests.ofToken(token.reveal());
    const earlierDigests = this.digests.earlierOfToken(token.reveal());
    const senders = address === undefined ? [] : this.#digestsOf(address);
    const job = { kind, digest, earlierDigests, token, sender: senders[0] };
    let waiting: Waiting | undefined;
    const committed = new Promise<void>((resolve, reject) => {
      waiting = { job, senders, resolve, reject, isAbandoned: false };
      this.#waiting.push(waiting);
    });
    if (!this.#isCommitting) void this.#commitAll();
    try {
      const tooLate = () => new StoreUnavailableError('store a job: no answer in time');
      await within(this.storeOptions.storeTimeoutMs, committed, tooLate);
    } finally {
      if (waiting !== undefined) waiting.isAbandoned = true;
    }
  }

  #digestsOf(address: string): readonly string[] {
    return [this.digests.ofSender(address), ...this.digests.earlierOfSender(address)];
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // All jobs that the event loop already holds join the first commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH).filter(({ isAbandoned }) => !isAbandoned);
      if (batch.length === 0) continue;
      await this.#commit(batch).catch((error: unknown) => {
        if (batch.length > 1 && isRowFault(error)) void this.#isolate(batch);
        else for (const { reject } of batch) reject(error);
      });
    }
    this.#isCommitting = false;
  }

  async #isolate(batch: readonly Waiting[]): Promise<void> {
    const { failed } = await this.#isolation.write(batch, async (jobs) => {
      const current = jobs.filter(({ isAbandoned }) => !isAbandoned);
      if (current.length > 0) await this.#commit(current);
    });
    for (const { job, error } of failed) job.reject(error);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const senders = new Set(batch.flatMap((each) => each.senders));
    const known = new Set(await this.store.inbox.knownSenders([...senders], KNOWN_SENDER_FOR_MS));
    const isKnown = (sender: string): boolean => known.has(sender);
    const jobs = batch.map(({ job, senders: own }) => {
      const priority: Priority = own.some(isKnown) ? 'known' : 'unknown';
      return { ...job, priority };
    });
    const { opened, refused, elsewhere } = await this.tokens.store(jobs, await this.#priorities.room());
    if (opened.length > 0) this.events.arrived();
    const uncounted = new Set(opened);
    for (const { digest, priority } of jobs) if (uncounted.delete(digest)) this.#priorities.add(priority);
    const withoutRoom = new Set(refused);
    for (const { job, resolve, reject } of batch) {
      if (withoutRoom.has(job.digest)) reject(new InboxFullError());
      // Another process has the token and may lose it: Meveto must repeat the webhook until the job has finished.
      else if (elsewhere.some((digest) => isSameToken(digest, job))) reject(new LogoutUnfinishedError());
      else resolve();
    }
  }
}
