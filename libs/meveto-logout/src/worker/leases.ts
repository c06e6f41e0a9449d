import { Inject, Injectable } from '@nestjs/common';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';

const MAX_PER_RENEWAL = 1_000;

/** A claim that this process holds, and until when. */
export interface Lease {
  readonly call: ClaimedCall;
  /** Of `performance.now()`. */
  endsAt: number;
}

/**
 * The claims that this process holds: with an exchange under way, with an answer that waits to be written, or with a token
 * that waits in memory. They are renewed together, at a third of the lease, so that no other replica takes them over while
 * this one lives. A claim that was lost all the same is not renewed, and its lease runs out.
 */
@Injectable()
export class Leases {
  readonly #held = new Map<string, Lease>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @param claimedAt of `performance.now()`, before the store was asked for the claim */
  hold(call: ClaimedCall, claimedAt: number): Lease {
    const lease = { call, endsAt: claimedAt + this.options.leaseMs };
    this.#held.set(call.id, lease);
    this.#timer ??= setInterval(() => void this.renew(), this.options.leaseMs / 3).unref();
    return lease;
  }

  of({ id }: ClaimedCall): Lease | undefined {
    return this.#held.get(id);
  }

  drop({ id }: ClaimedCall): void {
    this.#held.delete(id);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Renews all claims, unless that is being done already. Resolves when it is over, also when the store is away. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renewAll().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewAll(): Promise<void> {
    const leases = [...this.#held.values()];
    for (let from = 0; from < leases.length; from += MAX_PER_RENEWAL) {
      await this.#renewSome(leases.slice(from, from + MAX_PER_RENEWAL));
    }
  }

  async #renewSome(leases: readonly Lease[]): Promise<void> {
    const askedAt = performance.now();
    try {
      const calls = leases.map(({ call }) => call);
      const kept = new Set(await this.store.inbox.renew(calls, this.options.leaseMs));
      for (const lease of leases) {
        if (kept.has(lease.call.id)) lease.endsAt = askedAt + this.options.leaseMs;
      }
    } catch {
      // The store is away: tried again with the next renewal.
    }
  }
}
