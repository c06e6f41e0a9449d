import { Injectable } from '@nestjs/common';

/** The counters, from the start of the process on. No counter contains data of a webhook. */
const COUNTED = [
  'webhook_accepted',
  'webhook_refused',
  'webhook_address_refused',
  'webhook_unavailable',
  'webhook_unknown_type',
  'exchange_person',
  'exchange_invalid',
  'exchange_retry',
  'job_applied',
  'job_rejected',
  'job_unknown_user',
  'job_ambiguous',
  'job_expired',
  'job_expired_outcome_unknown',
  'job_claim_lost',
  'job_unresolved',
  'job_resolved',
  'job_discarded',
  'application_logout',
  'protection_removed',
  'reconcile_success',
  'reconcile_failure',
  'reconcile_new_job',
  'cluster_sent',
  'cluster_received',
  'cluster_refused',
  'sockets_notified',
  'sockets_refused',
  'reconcile_missed_delivery',
  'live_push_sent',
  'live_push_failed',
  'guard_refused',
  'guard_state_unknown',
  /** Sessions that the guard, a handshake or the browser's check has read. */
  'guard_sessions_read',
] as const;
export type Counted = (typeof COUNTED)[number];

/** The counters of this process. */
@Injectable()
export class Counters {
  /** An object, not a Map, for speed: the guard counts on every request. */
  readonly #counts = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Record<Counted, number>;

  add(name: Counted, count = 1): void {
    this.#counts[name] += count;
  }

  all(): Record<Counted, number> {
    return { ...this.#counts };
  }
}
