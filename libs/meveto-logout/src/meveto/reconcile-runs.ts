import { randomUUID } from 'node:crypto';
import type { Store } from '../store/index.js';

const LEASE = 'reconcile';
/** The lease of a slot, for half a slot after a complete scheduled poll: other replicas skip that slot. By the store's clock. */
const SLOT = 'reconcile:slot';
/** The lease of a pause that Meveto asks for. */
const PAUSE = 'reconcile:pause';
/** The holder of a pause is no replica, so that all replicas respect the pause, also the replica that recorded it. */
const PAUSE_HOLDER = 'meveto';

/** A run that has begun. */
export interface Run {
  /** End of the slot that this run is for, epoch milliseconds; undefined for a run beside the schedule. */
  readonly slotEndsAt: number | undefined;
  readonly slotHolder: string;
}

/** Decides which replica polls, by leases in the store: one replica at a time, one per slot, none during a pause. */
export class ReconcileRuns {
  readonly #holder = randomUUID();
  #mayHoldLease = false;

  /** @param leaseMs long enough for one page, short enough for another replica to take over soon */
  constructor(
    private readonly store: Pick<Store, 'lease'>,
    private readonly leaseMs: number,
  ) {}

  /** Begins a run. Undefined when another replica polls, Meveto asks for a pause, or the slot has had its poll. */
  async begin(slotEndsAt: number | undefined): Promise<Run | undefined> {
    if (!(await this.store.lease.take(PAUSE, this.#holder, 0)) || !(await this.keep())) return undefined;
    const slotHolder = randomUUID();
    if (slotEndsAt === undefined || (await this.store.lease.take(SLOT, slotHolder, 0)))
      return { slotEndsAt, slotHolder };
    await this.#release();
    return undefined;
  }

  /** Renews the lease. Returns false when another replica has taken over. */
  keep(): Promise<boolean> {
    // Also when the answer is lost: the store may have granted the lease.
    this.#mayHoldLease = true;
    return this.store.lease.take(LEASE, this.#holder, this.leaseMs);
  }

  /** Ends a run that read the whole list. */
  async end({ slotEndsAt, slotHolder }: Run): Promise<void> {
    if (slotEndsAt !== undefined)
      await this.store.lease.take(SLOT, slotHolder, Math.max(0, slotEndsAt - Date.now()));
    await this.#release();
  }

  /** No replica polls for this time, in whole milliseconds, also after a restart. */
  async pause(durationMs: number): Promise<void> {
    await this.store.lease.take(PAUSE, PAUSE_HOLDER, durationMs);
  }

  /** Lets another process poll at once. If the release fails, the lease ends at its time. */
  async stop(): Promise<void> {
    if (this.#mayHoldLease) await this.#release().catch(() => undefined);
  }

  /** Changes nothing when another replica has taken the lease over. */
  async #release(): Promise<void> {
    await this.store.lease.take(LEASE, this.#holder, 0);
    this.#mayHoldLease = false;
  }
}
