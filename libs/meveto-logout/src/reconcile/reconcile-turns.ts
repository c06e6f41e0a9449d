import { randomUUID } from 'node:crypto';
import type { Store } from '../store/store.port.js';

const LEASE = 'reconcile';
/** Held from a complete scheduled poll on for half a slot: other replicas leave that slot out. By the store's clock. */
const SLOT = 'reconcile:slot';
/** Held for as long as Meveto wants to be left alone. */
const PAUSE = 'reconcile:pause';
/** Any replica may hear of a pause, and all keep to it: none of them holds it as itself. */
const PAUSE_HOLDER = 'meveto';

/** A turn that was begun. */
export interface Turn {
  /** When the slot ends that this turn is for, epoch milliseconds; undefined for one outside of the schedule. */
  readonly slotEndsAt: number | undefined;
  readonly slotHolder: string;
}

/** Whose turn it is to ask, agreed between replicas by leases in the store: one at a time, one in each slot, none in a pause. */
export class ReconcileTurns {
  readonly #holder = randomUUID();
  #mayHoldLease = false;

  /** @param leaseMs long enough for one page, short enough for another replica to take over soon */
  constructor(
    private readonly store: Pick<Store, 'lease'>,
    private readonly leaseMs: number,
  ) {}

  /** Undefined when it is somebody else's turn, nobody's, or the slot was asked in. */
  async begin(slotEndsAt: number | undefined): Promise<Turn | undefined> {
    if (!(await this.store.lease.take(PAUSE, this.#holder, 0)) || !(await this.keep())) return undefined;
    const slotHolder = randomUUID();
    if (slotEndsAt === undefined || (await this.store.lease.take(SLOT, slotHolder, 0)))
      return { slotEndsAt, slotHolder };
    await this.#giveBack();
    return undefined;
  }

  /** Renews it. False when another replica has taken over. */
  keep(): Promise<boolean> {
    // Also when the answer is lost: the store may have heard the question.
    this.#mayHoldLease = true;
    return this.store.lease.take(LEASE, this.#holder, this.leaseMs);
  }

  /** The list was read to its end. */
  async end({ slotEndsAt, slotHolder }: Turn): Promise<void> {
    if (slotEndsAt !== undefined)
      await this.store.lease.take(SLOT, slotHolder, Math.max(0, slotEndsAt - Date.now()));
    await this.#giveBack();
  }

  /** Nobody asks for so long, whole milliseconds, also after a restart. */
  async pause(durationMs: number): Promise<void> {
    await this.store.lease.take(PAUSE, PAUSE_HOLDER, durationMs);
  }

  /** Lets another process ask at once. A lease that cannot be given back runs out by itself. */
  async stop(): Promise<void> {
    if (this.#mayHoldLease) await this.#giveBack().catch(() => undefined);
  }

  /** Changes nothing when another replica has taken it over. */
  async #giveBack(): Promise<void> {
    await this.store.lease.take(LEASE, this.#holder, 0);
    this.#mayHoldLease = false;
  }
}
