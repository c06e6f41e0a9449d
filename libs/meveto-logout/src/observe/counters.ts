import { Injectable } from '@nestjs/common';

/** What is counted, from the start of the process on. None carries anything of a call. */
const COUNTED = [
  'webhook_accepted',
  'webhook_refused',
  'webhook_address_refused',
  'webhook_unavailable',
  'webhook_unknown_type',
  'exchange_person',
  'exchange_invalid',
  'exchange_retry',
  'call_applied',
  'call_rejected',
  'call_unknown_user',
  'call_ambiguous',
  'call_expired',
  'call_expired_outcome_unknown',
  'call_claim_lost',
  'call_unhealed',
  'call_resolved',
  'call_discarded',
  'protection_removed',
  'reconcile_success',
  'reconcile_failure',
  'reconcile_new_call',
  'cluster_sent',
  'cluster_received',
  'cluster_refused',
  'sockets_told',
  'sockets_refused',
  'reconcile_gap',
  'live_push_sent',
  'live_push_failed',
  'guard_refused',
  'guard_state_unknown',
] as const;
export type Counted = (typeof COUNTED)[number];

/** Counts what happens in this process. */
@Injectable()
export class Counters {
  readonly #counts = new Map<Counted, number>(COUNTED.map((name) => [name, 0]));

  add(name: Counted, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  all(): Record<Counted, number> {
    return Object.fromEntries(this.#counts) as Record<Counted, number>;
  }
}
