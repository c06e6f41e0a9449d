import { Inject, Injectable } from '@nestjs/common';
import type { Priority } from '../store/index.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';
import type { ExchangeOutcome } from './token-exchange.port.js';

/** Share of the budget for jobs of unknown senders. The rest is reserved for known senders and listed webhooks. */
const UNKNOWN_SENDERS_SHARE = 0.75;
const OPENS_AFTER = 5;
const FIRST_PROBE_MS = 1_500;
const PROBE_CAP_MS = 30_000;
/** Unknown senders can cause outages at will. Their outages are reported at most once in this time. */
const REPORT_EVERY_MS = 60_000;
/** How long Meveto counts as available after an answer. */
const ANSWERS_FOR_MS = 60_000;

/** The reason of an attempt that ended before the send: a slow answer could come after the end of the job's lease. */
export const LEASE_OVER = 'lease-over';

/** Start or end of an outage that is to be logged. */
export type OutageNews = 'begun' | 'begun-for-unknown-senders' | 'ended';

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

interface Prioritized {
  readonly priority: Priority;
}

const isFromUnknownSender = ({ priority }: Prioritized): boolean => priority === 'unknown';

/**
 * A budget and a breaker. The budget: so many exchanges at a time, and so many a second on average; at most one second's
 * exchanges start at once. The breaker opens after five failures in a row, and then allows one probe at a time: the first
 * within two seconds, later ones within thirty.
 */
class Limit {
  #inFlightCount = 0;
  #startsLeft: number;
  #filledAt = performance.now();
  #failureCount = 0;
  /** When the breaker opened; undefined while it is closed. */
  #openedAt: number | undefined;
  /** When an open breaker allows the next probe. */
  #probeAt = 0;

  constructor(
    private readonly concurrency: number,
    private readonly perSecond: number,
  ) {
    this.#startsLeft = perSecond;
  }

  get isOpen(): boolean {
    return this.#openedAt !== undefined;
  }

  /** Number of exchanges that may start now. */
  allowed(): number {
    this.#refill();
    return Math.min(this.#allowedAtAnyRate(), Math.floor(this.#startsLeft));
  }

  isRateSpent(): boolean {
    return this.#allowedAtAnyRate() > 0 && this.allowed() === 0;
  }

  started(): void {
    this.#refill();
    this.#startsLeft -= 1;
    this.#inFlightCount += 1;
  }

  finished(): void {
    this.#inFlightCount -= 1;
  }

  /** The longer the outage lasts, the longer is the pause until the next probe. */
  probeStarted(): void {
    const now = performance.now();
    this.#probeAt = now + Math.min(PROBE_CAP_MS, FIRST_PROBE_MS + now - (this.#openedAt ?? now));
  }

  /** Gives a probe back: the next probe may start at once. */
  probeUndecided(): void {
    this.#probeAt = performance.now();
  }

  /** Closes the breaker. Returns true if it was open. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.#failureCount = 0;
    this.#openedAt = undefined;
    return wasOpen;
  }

  /** Returns true if this failure opens the breaker. */
  failed(): boolean {
    this.#failureCount += 1;
    if (this.isOpen || this.#failureCount < OPENS_AFTER) return false;
    this.#openedAt = performance.now();
    this.#probeAt = this.#openedAt + FIRST_PROBE_MS;
    return true;
  }

  #allowedAtAnyRate(): number {
    const free = Math.max(0, this.concurrency - this.#inFlightCount);
    if (!this.isOpen) return free;
    return performance.now() < this.#probeAt ? 0 : Math.min(1, free);
  }

  #refill(): void {
    const now = performance.now();
    const earned = ((now - this.#filledAt) / 1_000) * this.perSecond;
    this.#startsLeft = Math.min(this.perSecond, this.#startsLeft + earned);
    this.#filledAt = now;
  }
}

/**
 * Limits the exchanges of this process. One limit holds for all jobs, and unknown senders have another one inside it.
 *
 * A failure of an unknown sender's job stops unknown senders only: Meveto, or a gateway in front of it, may never answer a
 * forged token. A failure of any other job counts for unknown senders, too. A rejected token is an answer: forged jobs never
 * open a breaker.
 */
@Injectable()
export class ExchangeLimiter {
  /** The budget of all jobs, and the breaker of listed webhooks and known senders. */
  readonly #all: Limit;
  readonly #unknownSenders: Limit;
  /** Whether the current outage for unknown senders was reported. */
  #isReported = false;
  #reportedAt = -Infinity;
  #answeredAt = -Infinity;

  constructor(@Inject(INBOX_OPTIONS) { concurrency, perSecond }: ResolvedInbox) {
    this.#all = new Limit(concurrency, perSecond);
    this.#unknownSenders = new Limit(
      Math.ceil(concurrency * UNKNOWN_SENDERS_SHARE),
      Math.max(1, perSecond * UNKNOWN_SENDERS_SHARE),
    );
  }

  /** How many exchanges may start now, and how many of them for unknown senders. */
  allowed(): { readonly all: number; readonly unknownSenders: number } {
    const all = this.#all.allowed();
    return { all, unknownSenders: Math.min(all, this.#unknownSenders.allowed()) };
  }

  /** Whether the rate alone delays exchanges, of all jobs or of unknown senders: more may start within a moment. */
  isRateSpent(): boolean {
    return this.#all.isRateSpent() || (this.#all.allowed() > 0 && this.#unknownSenders.isRateSpent());
  }

  /** Whether exchanges wait for the end of an outage: those of all jobs, or those of this job. */
  isOutage(job?: Prioritized): boolean {
    return this.#all.isOpen || (job !== undefined && this.#limitOf(job).isOpen);
  }

  /** Whether Meveto named a person or rejected a token within the last minute. */
  isAnswering(): boolean {
    return performance.now() - this.#answeredAt < ANSWERS_FOR_MS;
  }

  /** Records the start of an exchange. The exchange is a probe while the job's breaker is open. */
  started(job: Prioritized): void {
    this.#all.started();
    if (isFromUnknownSender(job)) this.#unknownSenders.started();
    this.#limitOf(job).probeStarted();
  }

  /**
   * Records the end of an exchange.
   * @param answered whether Meveto gave an answer that counts; undefined when the exchange says nothing about Meveto
   */
  finished(job: Prioritized, answered: boolean | undefined): OutageNews | undefined {
    this.#all.finished();
    if (isFromUnknownSender(job)) this.#unknownSenders.finished();
    if (answered !== undefined) return answered ? this.#succeeded(job) : this.#failed(job);
    this.#limitOf(job).probeUndecided();
    return undefined;
  }

  #limitOf(job: Prioritized): Limit {
    return isFromUnknownSender(job) ? this.#unknownSenders : this.#all;
  }

  /** The answer to a more trusted job closes the breaker of unknown senders only at the end of a general outage. */
  #succeeded(job: Prioritized): OutageNews | undefined {
    this.#answeredAt = performance.now();
    const isOutageOver = this.#all.succeeded();
    const countsForUnknownSenders = isOutageOver || isFromUnknownSender(job) || !this.#unknownSenders.isOpen;
    const isOverForUnknownSenders =
      countsForUnknownSenders && this.#unknownSenders.succeeded() && this.#isReported;
    return isOutageOver || isOverForUnknownSenders ? 'ended' : undefined;
  }

  #failed(job: Prioritized): OutageNews | undefined {
    const hasBegunForUnknownSenders = this.#unknownSenders.failed();
    if (!isFromUnknownSender(job) && this.#all.failed()) return 'begun';
    if (hasBegunForUnknownSenders) this.#isReported = false;
    // An outage that continues is reported later.
    const isNews = this.#unknownSenders.isOpen && !this.#all.isOpen && !this.#isReported;
    if (!isNews || performance.now() < this.#reportedAt + REPORT_EVERY_MS) return undefined;
    this.#isReported = true;
    this.#reportedAt = performance.now();
    return 'begun-for-unknown-senders';
  }
}
