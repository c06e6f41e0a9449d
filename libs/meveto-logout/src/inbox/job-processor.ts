import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ApplyOutcome,
  type ClaimedJob,
  type JobOutcome,
  type FinalState,
  INVALID_TOKEN,
  KEY_MISSING,
  type Store,
  STORE,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
  TOKEN_LOST,
  CLIENT_ERROR,
  userIdsIn,
} from '../store/index.js';
import { Acknowledgement, type SeenSteps } from './acknowledgement.js';
import { failureOf } from './backoff.js';
import {
  type AttemptOutcome,
  ExchangeLimiter,
  hasAnswered,
  isClientError,
  LEASE_OVER,
  type OutageNews,
} from './exchange-limiter.js';
import { LogoutService } from './logout.service.js';
import { inboxEvents } from './events.js';
import type { JobTimes } from './job-outcome-events.js';
import { JobEvents } from './job-events.js';
import { MevetoEvents } from '../core/index.js';
import { type JobLease, JobLeases } from './leases.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';
import { TokenExchange } from './token-exchange.port.js';
import { TokenStorage } from './token-storage.js';

const PERSIST_RETRY_MS = 100;
const PERSIST_RETRY_CAP_MS = 1_000;

/** Client errors after which a job of an unknown sender expires while Meveto answers others: forged jobs must not fill the priority. */
const CLIENT_ERROR_TRIES = 5;

/** Whether the outcome is an answer of Meveto. */
const isAnswer = ({ state }: JobOutcome): boolean => state !== 'expired';

const stateOf = (kind: Exclude<ApplyOutcome['kind'], 'claim-lost'>): FinalState => {
  if (kind === 'unknown-user') return 'unknown_user';
  return kind === 'ambiguous' ? 'ambiguous' : 'applied';
};

/** Time since the job was stored, in milliseconds. */
const ageOf = ({ receivedTick }: ClaimedJob): number => performance.now() - receivedTick;

/** Processes one claimed job, from the exchange to its outcome. */
@Injectable()
export class JobProcessor {
  readonly #attempts = new WeakMap<ClaimedJob, SeenSteps>();

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(ExchangeLimiter) private readonly limiter: ExchangeLimiter,
    @Inject(TokenExchange) private readonly tokenExchange: TokenExchange,
    @Inject(TokenStorage) private readonly tokens: TokenStorage,
    @Inject(JobLeases) private readonly leases: JobLeases,
    @Inject(LogoutService) private readonly logouts: LogoutService,
    @Inject(Acknowledgement) private readonly acknowledgement: Acknowledgement,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
  ) {}

  /**
   * @param stopping aborted when the process may wait no longer
   * @param exchanged called when the exchange is over and only the outcome must be persisted
   */
  async process(
    job: ClaimedJob,
    lease: JobLease,
    stopping: AbortSignal,
    exchanged: () => void = () => undefined,
  ): Promise<void> {
    this.limiter.started(job);
    const startedAt = performance.now();
    const outcome = await this.#exchange(job, lease, stopping);
    const hasAnswer = outcome.kind === 'person' || outcome.kind === 'invalid';
    this.#attempts.set(job, { startedAt, answeredAt: hasAnswer ? performance.now() : undefined });
    this.#reportOutage(this.limiter.finished(job, hasAnswered(outcome, job.priority)));
    exchanged();
    // Nothing may come between the answer and its commit: until then only this process knows the answer.
    const isPersisted = await this.#persistOutcome(job, stopping, () => this.#record(job, outcome));
    if (isPersisted || !hasAnswer) return;
    const cause = stopping.aborted ? 'stopped' : 'time-to-live';
    this.emitter.emit(inboxEvents.MEVETO_ANSWER_LOST, { jobId: job.id, cause });
  }

  async #exchange(job: ClaimedJob, lease: JobLease, stopping: AbortSignal): Promise<AttemptOutcome> {
    const token = this.tokens.tokenOf(job);
    if (token === undefined) return { kind: job.sealed === undefined ? 'token-lost' : 'unreadable' };
    // The last check before the send: a process that was paused for too long leaves the job to another one.
    if (await this.leases.lasts(lease, this.tokenExchange.deadlineMs))
      return this.tokenExchange.exchange(token, stopping);
    return { kind: 'retry', reason: LEASE_OVER, maybeSent: false };
  }

  #reportOutage(news: OutageNews | undefined): void {
    switch (news) {
      case 'begun':
        this.emitter.emit(inboxEvents.MEVETO_OUTAGE_BEGAN, { jobs: 'all' });
        break;
      case 'begun-for-unknown-senders':
        this.emitter.emit(inboxEvents.MEVETO_OUTAGE_BEGAN, { jobs: 'of-unknown-senders' });
        break;
      case 'ended':
        this.emitter.emit(inboxEvents.MEVETO_OUTAGE_ENDED);
        this.events.outageEnded();
        break;
      case undefined:
    }
  }

  #record(job: ClaimedJob, outcome: AttemptOutcome): Promise<void> {
    switch (outcome.kind) {
      case 'unreadable':
        return this.#waitForKey(job);
      case 'token-lost':
        return this.#tokenLost(job);
      case 'person':
        return this.#apply(job, outcome.mevetoId);
      case 'invalid':
        return this.#finish(
          job,
          job.earlierAttemptUnknown
            ? { state: 'ambiguous', reason: 'invalid-after-unknown-attempt' }
            : { state: 'rejected', reason: INVALID_TOKEN },
        );
      case 'retry':
        return this.#failed(job, outcome);
    }
  }

  async #apply(job: ClaimedJob, mevetoId: string): Promise<void> {
    const outcome = await this.logouts.apply(job, mevetoId);
    this.#reportExchange(job, 'person');
    if (outcome.kind === 'claim-lost')
      this.emitter.emit(inboxEvents.MEVETO_JOB_CLAIM_LOST, { jobId: job.id });
    else this.#applied(job, outcome);
  }

  #applied(job: ClaimedJob, outcome: Exclude<ApplyOutcome, { kind: 'claim-lost' }>): void {
    const { id: jobId, kind, occurredAt } = job;
    const times = this.#timesOf(job);
    switch (outcome.kind) {
      case 'unknown-user':
        this.emitter.emit(inboxEvents.MEVETO_JOB_UNKNOWN_USER, { jobId, ...times });
        break;
      case 'ambiguous':
        this.emitter.emit(inboxEvents.MEVETO_JOB_OF_TOO_MANY_USERS, { jobId, ...times });
        break;
      case 'applied':
      case 'unlinked': {
        const userIds = userIdsIn(outcome);
        this.emitter.emit(inboxEvents.MEVETO_JOB_APPLIED, { jobId, kind, userIds, occurredAt, ...times });
      }
    }
    this.events.finished(stateOf(outcome.kind), job.digest);
  }

  /** The job becomes ambiguous, unless its token has arrived again since: then the job is due at once. */
  async #tokenLost(job: ClaimedJob): Promise<void> {
    const outcome = { state: 'ambiguous', reason: TOKEN_LOST } as const;
    if (await this.store.inbox.finish(job, outcome)) this.#reportOutcome(job, outcome);
    else await this.store.inbox.release(job, { delayMs: 0, maybeSent: false, reason: TOKEN_LOST });
  }

  async #finish(job: ClaimedJob, outcome: JobOutcome): Promise<void> {
    const isLeased = await this.store.inbox.finish(job, outcome);
    if (isAnswer(outcome)) this.#reportExchange(job, 'invalid');
    if (isLeased) this.#reportOutcome(job, outcome);
    else this.emitter.emit(inboxEvents.MEVETO_JOB_CLAIM_LOST, { jobId: job.id });
  }

  #reportOutcome(job: ClaimedJob, { state, reason }: JobOutcome): void {
    const outcome = { jobId: job.id, reason, ...this.#timesOf(job) };
    switch (state) {
      case 'rejected':
        this.emitter.emit(inboxEvents.MEVETO_JOB_REJECTED, outcome);
        break;
      case 'ambiguous':
        this.emitter.emit(inboxEvents.MEVETO_JOB_AMBIGUOUS, outcome);
        break;
      case 'expired':
        this.#reportExpired(job, reason);
    }
    this.events.finished(state, job.digest);
  }

  #reportExpired(job: ClaimedJob, reason: string): void {
    const { id: jobId } = job;
    const one = { count: 1, jobIds: [jobId] };
    this.emitter.emit(inboxEvents.MEVETO_JOB_EXPIRED, { ...one, reason, times: [this.#timesOf(job)] });
    if (reason === TIME_TO_LIVE_OUTCOME_UNKNOWN)
      this.emitter.emit(inboxEvents.MEVETO_JOB_EXPIRED_OUTCOME_UNKNOWN, one);
    if (reason === KEY_MISSING) this.emitter.emit(inboxEvents.MEVETO_JOB_EXPIRED_UNREAD, { jobId });
  }

  #timesOf(job: ClaimedJob): JobTimes {
    return this.acknowledgement.timesOf(job, this.#attempts.get(job));
  }

  #reportExchange({ id: jobId }: ClaimedJob, answer: 'person' | 'invalid' | 'none', reason?: string): void {
    this.emitter.emit(inboxEvents.MEVETO_TOKEN_EXCHANGED, { jobId, answer, reason });
  }

  /** Another replica may have the key, as during a key change, or this replica after its next start. */
  async #waitForKey(job: ClaimedJob): Promise<void> {
    this.emitter.emit(inboxEvents.MEVETO_KEY_MISSING);
    if (this.#isTooOld(job) && !job.earlierAttemptUnknown)
      return this.#finish(job, { state: 'expired', reason: KEY_MISSING });
    await this.#failed(job, { kind: 'retry', reason: KEY_MISSING, maybeSent: false });
  }

  #isTooOld(job: ClaimedJob): boolean {
    return ageOf(job) > this.options.jobTtlMs;
  }

  /** Prepares another attempt, or expires the job: housekeeping never sees a job that is always in flight. */
  async #failed(job: ClaimedJob, outcome: Extract<AttemptOutcome, { kind: 'retry' }>): Promise<void> {
    if (this.#isTooOld(job)) {
      const isUnknown = job.earlierAttemptUnknown || outcome.maybeSent;
      const reason = isUnknown ? TIME_TO_LIVE_OUTCOME_UNKNOWN : TIME_TO_LIVE;
      return this.#finish(job, { state: 'expired', reason });
    }
    const isLastTry = job.clientErrorCount + 1 >= CLIENT_ERROR_TRIES && isClientError(outcome, job.priority);
    if (isLastTry && this.limiter.isAnswering()) {
      this.emitter.emit(inboxEvents.MEVETO_CLIENT_ERRORS, { attempts: CLIENT_ERROR_TRIES });
      return this.#finish(job, { state: 'expired', reason: CLIENT_ERROR });
    }
    await this.tokens.afterFailure(job, failureOf(job, outcome));
    this.#reportExchange(job, 'none', outcome.reason);
  }

  /**
   * Persists the outcome, repeatedly while the store is unavailable: Meveto gives an answer only once. Resolves with false
   * when the process must stop, or after `inbox.jobTtlMs`.
   */
  async #persistOutcome(
    job: ClaimedJob,
    stopping: AbortSignal,
    write: () => Promise<void>,
  ): Promise<boolean> {
    const giveUpAt = performance.now() + this.options.jobTtlMs;
    let isReported = false;
    for (let pauseMs = PERSIST_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, PERSIST_RETRY_CAP_MS)) {
      try {
        await write();
        return true;
      } catch {
        if (stopping.aborted || performance.now() > giveUpAt) return false;
        if (pauseMs === PERSIST_RETRY_CAP_MS && !isReported) {
          isReported = true;
          this.emitter.emit(inboxEvents.MEVETO_ANSWER_NOT_STORED, { jobId: job.id });
        }
        await delay(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
      }
    }
  }
}
