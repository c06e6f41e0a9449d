import {
  type ClaimedJob,
  digestsOf,
  type IncomingJob,
  isSameToken,
  type ListedJob,
  type OpenedJobs,
  type Release,
  type Room,
  type Store,
  StoreUnavailableError,
  type UserToken,
} from '../store/index.js';
import { InboxFullError } from './errors.js';
import type { JobLeases } from './leases.js';
import type { ResolvedInbox } from './options.js';
import { TokenMemory } from './token-memory.js';
import {
  type Claim,
  type OverdueJob,
  type StoredJobs,
  TokenStorage,
  type WithToken,
} from './token-storage.js';

/**
 * Keeps tokens in the memory of this process, and their jobs leased to this process. Jobs that were stored with a sealed token,
 * before the option was changed or by another replica, are left to `others`.
 */
export class MemoryTokenStorage extends TokenStorage {
  /** One batch: the next one has to know how much memory is free. */
  override readonly batchesAtOnce = 1;
  #isStopped = false;

  constructor(
    private readonly others: TokenStorage,
    private readonly stored: Store,
    private readonly leases: JobLeases,
    private readonly options: ResolvedInbox,
    private readonly memory = new TokenMemory(),
  ) {
    super();
  }

  override async store(take: () => readonly WithToken<IncomingJob>[], room: Room): Promise<StoredJobs> {
    this.#requireRunning();
    let fresh: readonly WithToken<IncomingJob>[] = [];
    const claimedAt = performance.now();
    const { leased, elsewhere, refused } = await this.stored.inbox.receiveLeased(
      () => {
        fresh = this.#unknown(take());
        return fresh.map(unsealed);
      },
      this.options.leaseMs,
      this.#within(room),
    );
    this.#remember(leased, fresh, claimedAt);
    return { opened: leased.map(({ digest }) => digest), refused, elsewhere };
  }

  override async storeListed(jobs: readonly WithToken<ListedJob>[]): Promise<OpenedJobs> {
    this.#requireRunning();
    const fresh = this.#unknown(jobs);
    if (fresh.length > this.#free) throw new InboxFullError();
    const claimedAt = performance.now();
    const leased = await this.stored.inbox.receiveListedLeased(fresh.map(unsealed), this.options.leaseMs);
    this.#remember(leased, fresh, claimedAt);
    const newCount = leased.filter(({ attempts }) => attempts === 1).length;
    return { newCount, reopenedCount: leased.length - newCount };
  }

  override async roomForListed(): Promise<number> {
    return Math.max(0, Math.min(await this.others.roomForListed(), this.#free));
  }

  override tokenOf(job: ClaimedJob): UserToken | undefined {
    return job.sealed === undefined ? this.memory.tokenOf(job) : this.others.tokenOf(job);
  }

  override async claim(claim: Claim): Promise<number> {
    const { all, unknownSenders } = claim.allowed();
    const jobs = this.memory.take(all, unknownSenders);
    for (const job of jobs) claim.start(job, this.leases.of(job) ?? this.leases.hold(job, -Infinity));
    const start: Claim['start'] = (job, lease) => {
      // A job of this process whose lease had ended.
      this.memory.resume(job);
      claim.start(job, lease);
    };
    return jobs.length + (await this.others.claim({ ...claim, start }));
  }

  /** Only this process has the token: the job stays leased here. */
  override async afterFailure(job: ClaimedJob, failure: Release): Promise<void> {
    const token = this.memory.tokenOf(job);
    if (token === undefined) return this.others.afterFailure(job, failure);
    const again = await this.stored.inbox.beginAgain(job, failure, this.options.leaseMs);
    if (again !== undefined) this.memory.pause(again, failure.delayMs);
    else await this.#takeBack(job, token, failure.delayMs);
  }

  override done(job: ClaimedJob): void {
    this.memory.done(job);
    if (this.memory.tokenOf(job) === undefined) this.others.done(job);
  }

  /** During an outage only few of these jobs get another attempt, and their leases are renewed: they do not expire in the store. */
  override expire(limit: number): readonly OverdueJob[] {
    const receivedUntil = performance.now() - this.options.jobTtlMs;
    const overdue = this.memory.waiting().filter(({ receivedTick }) => receivedTick <= receivedUntil);
    const expired = overdue.slice(0, limit).map((job) => ({ job, startedAt: this.memory.startedAt(job) }));
    for (const { job } of expired) this.#forget(job);
    return expired;
  }

  override stop(): void {
    this.#isStopped = true;
    this.others.stop();
  }

  override hasDue(): boolean {
    return this.memory.hasDue();
  }

  /** Other replicas look for these tokens on the list of pending webhooks. */
  override async close(): Promise<void> {
    const release = { delayMs: 0, maybeSent: true, reason: 'process-stopped' };
    const waiting = this.memory.waiting();
    await Promise.allSettled(waiting.map((job) => this.stored.inbox.release(job, release)));
    for (const job of waiting) this.leases.drop(job);
    await this.others.close();
  }

  /** Another replica took the job over without its token. This process has the token, and opens the job again. */
  async #takeBack(job: ClaimedJob, token: UserToken, delayMs: number): Promise<void> {
    const claimedAt = performance.now();
    const { leased } = await this.stored.inbox.receiveLeased(
      [{ ...job, sender: undefined }],
      this.options.leaseMs,
    );
    const [again] = leased;
    if (again === undefined) return;
    this.memory.forget(job);
    this.memory.add(again, token);
    this.memory.pause(again, delayMs);
    this.leases.hold(again, claimedAt);
  }

  #requireRunning(): void {
    if (this.#isStopped) throw new StoreUnavailableError('keep a token: this process is stopping');
  }

  /** The jobs whose tokens are not in memory yet. */
  #unknown<T extends WithToken<IncomingJob>>(jobs: readonly T[]): readonly T[] {
    return jobs.filter((job) => !this.memory.knows(digestsOf(job)));
  }

  /** How many more tokens this process may keep. */
  get #free(): number {
    return 3 * this.options.maxWaitingPerPriority - this.memory.size;
  }

  #within({ listed, known, unknown }: Room): Room {
    const most = this.#free;
    return { listed: Math.min(listed, most), known: Math.min(known, most), unknown: Math.min(unknown, most) };
  }

  #remember(leased: readonly ClaimedJob[], jobs: readonly WithToken<IncomingJob>[], claimedAt: number): void {
    for (const job of leased) {
      const token = jobs.find((each) => isSameToken(job.digest, each))?.token;
      if (token === undefined) continue;
      this.memory.add(job, token);
      this.leases.hold(job, claimedAt);
    }
  }

  #forget(job: ClaimedJob): void {
    this.memory.forget(job);
    this.leases.drop(job);
  }
}

function unsealed<T extends IncomingJob>(job: WithToken<T>): T {
  return { ...job, token: undefined, sealed: undefined } as unknown as T;
}
