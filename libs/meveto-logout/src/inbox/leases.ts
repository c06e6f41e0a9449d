import { Inject, Injectable } from '@nestjs/common';
import { type ClaimedJob, type Store, STORE } from '../store/index.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

const MAX_PER_RENEWAL = 1_000;

/** A job that this process has leased. */
export interface JobLease {
  readonly job: ClaimedJob;
  /** End of the lease, of `performance.now()`. */
  endsAt: number;
}

/**
 * The jobs that this process has leased: with an exchange in flight, with an answer that waits to be persisted, or with a
 * token that waits in memory. All leases are renewed together after a third of their duration, so that no other replica takes
 * the jobs over while this process lives. A lost lease is not renewed, and ends.
 */
@Injectable()
export class JobLeases {
  readonly #leased = new Map<string, JobLease>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
  ) {}

  /** @param claimedAt of `performance.now()`, before the claim was sent to the store */
  hold(job: ClaimedJob, claimedAt: number): JobLease {
    const lease = { job, endsAt: claimedAt + this.options.leaseMs };
    this.#leased.set(job.id, lease);
    this.#timer ??= setInterval(() => void this.renew(), this.options.leaseMs / 3).unref();
    return lease;
  }

  of({ id }: ClaimedJob): JobLease | undefined {
    return this.#leased.get(id);
  }

  drop({ id }: ClaimedJob): void {
    this.#leased.delete(id);
    if (this.#leased.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether a lease lasts for these milliseconds, if necessary after a renewal. */
  async lasts(lease: JobLease, ms: number): Promise<boolean> {
    const isLongEnough = (): boolean => performance.now() + ms <= lease.endsAt;
    if (!isLongEnough()) await this.renew();
    return isLongEnough();
  }

  /** Renews all leases, or joins a renewal that is under way. Resolves at its end, also when the store is unavailable. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renewAll().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewAll(): Promise<void> {
    const leases = [...this.#leased.values()];
    for (let from = 0; from < leases.length; from += MAX_PER_RENEWAL) {
      await this.#renewSome(leases.slice(from, from + MAX_PER_RENEWAL));
    }
  }

  async #renewSome(leases: readonly JobLease[]): Promise<void> {
    const askedAt = performance.now();
    try {
      const jobs = leases.map(({ job }) => job);
      const kept = new Set(await this.store.inbox.renew(jobs, this.options.leaseMs));
      for (const lease of leases) {
        if (kept.has(lease.job.id)) lease.endsAt = askedAt + this.options.leaseMs;
      }
    } catch {
      // The store is unavailable: the next renewal tries again.
    }
  }
}
