import { Inject, Injectable } from '@nestjs/common';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';
import type { ClaimedJob, Priority } from '../store/index.js';
import { type JobLease, JobLeases } from './leases.js';
import { TokenStorage } from './token-storage.js';

const LEASE_OVER = 'lease-over';

/**
 * Result of an attempt: `unreadable` when no key opens the token, `token-lost` when the token was in the memory of a process
 * that no longer runs.
 */
export type AttemptOutcome =
  ExchangeOutcome | { readonly kind: 'unreadable' } | { readonly kind: 'token-lost' };

/** HTTP 4xx except 401, 408 and 429: these three can also mean that Meveto is unavailable. */
export const isClientErrorReason = (reason: string): boolean => /^http-4(?!01|08|29)\d\d$/.test(reason);

/** Whether a token of an unknown sender got a client error, as from a gateway that takes the token for an attack. */
export const isClientError = (outcome: AttemptOutcome, priority: Priority): boolean =>
  priority === 'unknown' && outcome.kind === 'retry' && isClientErrorReason(outcome.reason);

/**
 * Whether Meveto gave an answer that counts. Undefined when the outcome says nothing about Meveto: no request was sent, or a
 * token of an unknown sender got a client error.
 */
export function hasAnswered(outcome: AttemptOutcome, priority: Priority): boolean | undefined {
  if (outcome.kind === 'unreadable' || outcome.kind === 'token-lost') return undefined;
  if (outcome.kind !== 'retry') return true;
  return outcome.reason === LEASE_OVER || isClientError(outcome, priority) ? undefined : false;
}

/** Exchanges the token of a claimed job. */
@Injectable()
export class Attempt {
  constructor(
    @Inject(TokenExchange) private readonly tokenExchange: TokenExchange,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(JobLeases) private readonly leases: JobLeases,
  ) {}

  /** @param stopping aborted when the process may wait no longer */
  async make(job: ClaimedJob, lease: JobLease, stopping: AbortSignal): Promise<AttemptOutcome> {
    const token = this.tokens.tokenOf(job);
    if (token === undefined) return { kind: job.sealed === undefined ? 'token-lost' : 'unreadable' };
    if (!this.#isLongEnough(lease)) await this.leases.renew();
    // The last check before the send: a process that was paused for too long leaves the job to another one.
    if (!this.#isLongEnough(lease)) return { kind: 'retry', reason: LEASE_OVER, maybeSent: false };
    return this.tokenExchange.exchange(token, stopping);
  }

  #isLongEnough(lease: JobLease): boolean {
    return performance.now() + this.tokenExchange.deadlineMs <= lease.endsAt;
  }
}
