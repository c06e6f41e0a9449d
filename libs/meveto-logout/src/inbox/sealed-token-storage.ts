import type { TokenCipher } from '../core/index.js';
import {
  type ClaimedJob,
  type IncomingJob,
  type ListedJob,
  type OpenedJobs,
  type Release,
  type Room,
  type Store,
  UserToken,
} from '../store/index.js';
import type { JobLeases } from './leases.js';
import type { ResolvedInbox } from './options.js';
import {
  type Claim,
  type OverdueJob,
  type StoredJobs,
  TokenStorage,
  type WithToken,
} from './token-storage.js';

/** Keeps tokens sealed in the rows of their jobs. Any process that has the key can exchange them. */
export class SealedTokenStorage extends TokenStorage {
  #isStopped = false;

  constructor(
    private readonly stored: Store,
    private readonly cipher: TokenCipher,
    private readonly leases: JobLeases,
    private readonly options: ResolvedInbox,
  ) {
    super();
  }

  override get batchesAtOnce(): number {
    return this.stored.inbox.batchesAtOnce;
  }

  override async store(take: () => readonly WithToken<IncomingJob>[], room: Room): Promise<StoredJobs> {
    const received = await this.stored.inbox.receive(() => take().map((job) => this.#sealed(job)), room);
    return { ...received, elsewhere: [] };
  }

  override storeListed(jobs: readonly WithToken<ListedJob>[]): Promise<OpenedJobs> {
    return this.stored.inbox.receiveListed(jobs.map((job) => this.#sealed(job)));
  }

  override async roomForListed(): Promise<number> {
    const { listed } = await this.stored.inbox.waitingByPriority();
    return Math.max(0, this.options.maxWaitingPerPriority - listed);
  }

  override tokenOf({ sealed, digest }: ClaimedJob): UserToken | undefined {
    const text = sealed === undefined ? undefined : this.cipher.open(sealed, digest);
    return text === undefined ? undefined : new UserToken(text);
  }

  override async claim({ allowed, inFlight, start }: Claim): Promise<number> {
    const { all, unknownSenders } = allowed();
    if (all === 0 || this.#isStopped) return 0;
    const claimedAt = performance.now();
    const jobs = await this.stored.inbox.claim(all, this.options.leaseMs, inFlight(), unknownSenders);
    for (const job of jobs) start(job, this.leases.hold(job, claimedAt));
    return jobs.length;
  }

  /** Any process may make the next attempt. */
  override afterFailure(job: ClaimedJob, failure: Release): Promise<void> {
    return this.stored.inbox.release(job, failure);
  }

  override done(job: ClaimedJob): void {
    this.leases.drop(job);
  }

  override expire(): readonly OverdueJob[] {
    return [];
  }

  override stop(): void {
    this.#isStopped = true;
  }

  override hasDue(): boolean {
    return false;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  #sealed<T extends IncomingJob>({ token, ...job }: WithToken<T>): T {
    return { ...job, sealed: this.cipher.seal(token.reveal(), job.digest) } as unknown as T;
  }
}
