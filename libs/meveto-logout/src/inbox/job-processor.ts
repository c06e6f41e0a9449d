import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
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
} from '../store/index.js';
import { ExchangeLimiter, type OutageNews } from './exchange-limiter.js';
import { LogoutService } from './logout.service.js';
import { JobEvents } from './job-events.js';
import { Counters, OneWarning } from '../core/index.js';
import { Attempt, hasAnswered, isClientError, type AttemptOutcome } from './attempt.js';
import { FailedAttempts } from './failed-attempts.js';
import type { JobLease } from './leases.js';
import { INBOX_OPTIONS, type ResolvedInbox } from './options.js';

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

/** Processes one claimed job, from the exchange to its outcome. */
@Injectable()
export class JobProcessor {
  readonly #logger = new Logger('MevetoLogout');
  readonly #clientErrors = new OneWarning(
    `Jobs of unknown senders got a client error (HTTP 4xx) ${String(CLIENT_ERROR_TRIES)} times each while Meveto answered others, ` +
      'and expired with the reason client-error. They continue if Meveto sends or lists them again. See docs/modes.md.',
  );
  readonly #keyMissing = new OneWarning(
    'No key opens the token of a job: the job waits for a process that has the key, inbox.jobTtlMs at most. Was a key or the ' +
      'client secret changed? Give the earlier one as keys.previous or previousClientSecrets. See docs/modes.md.',
  );

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(ExchangeLimiter) private readonly limiter: ExchangeLimiter,
    @Inject(Attempt) private readonly attempt: Attempt,
    @Inject(FailedAttempts) private readonly failedAttempts: FailedAttempts,
    @Inject(LogoutService) private readonly logouts: LogoutService,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(Counters) private readonly counters: Counters,
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
    const outcome = await this.attempt.make(job, lease, stopping);
    this.#reportOutage(this.limiter.finished(job, hasAnswered(outcome, job.priority)));
    exchanged();
    // Nothing may come between the answer and its commit: until then only this process knows the answer.
    const isPersisted = await this.#persistOutcome(job, stopping, () => this.#record(job, outcome));
    if (isPersisted || (outcome.kind !== 'person' && outcome.kind !== 'invalid')) return;
    this.#logger.error(
      `Meveto’s answer for job ${job.id} could not be stored${stopping.aborted ? ' before this process stopped' : ''}, and ` +
        'Meveto gives it only once: the job will end as ambiguous or expired. Is the database unavailable? See docs/modes.md.',
    );
  }

  #reportOutage(news: OutageNews | undefined): void {
    switch (news) {
      case 'begun':
        this.#logger.warn('Meveto does not answer: jobs wait, and one of them is tried at intervals.');
        break;
      case 'begun-for-unknown-senders':
        this.#logger.warn(
          'Meveto does not answer for jobs of unknown senders: these jobs wait, and one of them is tried at intervals.',
        );
        break;
      case 'ended':
        this.#logger.log('Meveto answers again.');
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
    const { kind } = await this.logouts.apply(job, mevetoId);
    this.counters.add('exchange_person');
    if (kind === 'claim-lost') {
      this.counters.add('job_claim_lost');
      return;
    }
    if (kind === 'unlinked') this.counters.add('protection_removed');
    this.#finished(job, stateOf(kind));
  }

  /** The job becomes ambiguous, unless its token has arrived again since: then the job is due at once. */
  async #tokenLost(job: ClaimedJob): Promise<void> {
    const outcome = { state: 'ambiguous', reason: TOKEN_LOST } as const;
    if (await this.store.inbox.finish(job, outcome)) this.#reportOutcome(job, outcome);
    else await this.store.inbox.release(job, { delayMs: 0, maybeSent: false, reason: TOKEN_LOST });
  }

  async #finish(job: ClaimedJob, outcome: JobOutcome): Promise<void> {
    const isLeased = await this.store.inbox.finish(job, outcome);
    if (isAnswer(outcome)) this.counters.add('exchange_invalid');
    if (isLeased) this.#reportOutcome(job, outcome);
    else this.counters.add('job_claim_lost');
  }

  #reportOutcome(job: ClaimedJob, outcome: JobOutcome): void {
    this.#finished(job, outcome.state);
    if (outcome.state === 'ambiguous') this.#logAmbiguous(job, outcome.reason);
    if (outcome.reason === TIME_TO_LIVE_OUTCOME_UNKNOWN) {
      this.counters.add('job_expired_outcome_unknown');
      this.#logger.error(
        `Job ${job.id} expired after attempts with an unknown outcome: Meveto may have used up its token, and the ` +
          "person may still be signed in. See listJobs({ state: 'expired' }) and docs/modes.md.",
      );
    }
    if (outcome.reason === KEY_MISSING) {
      this.#logger.error(
        `Job ${job.id} expired unread: no key opened its token within inbox.jobTtlMs. See docs/modes.md.`,
      );
    }
  }

  /** Another replica may have the key, as during a key change, or this replica after its next start. */
  async #waitForKey(job: ClaimedJob): Promise<void> {
    this.#keyMissing.pass();
    if (this.#isTooOld(job) && !job.earlierAttemptUnknown)
      return this.#finish(job, { state: 'expired', reason: KEY_MISSING });
    await this.#failed(job, { kind: 'retry', reason: KEY_MISSING, maybeSent: false });
  }

  #isTooOld({ receivedTick }: ClaimedJob): boolean {
    return performance.now() - receivedTick > this.options.jobTtlMs;
  }

  #logAmbiguous({ id }: ClaimedJob, reason: string): void {
    const why =
      reason === TOKEN_LOST
        ? 'its token was in the memory of a process that no longer runs'
        : 'an attempt whose answer was lost used up its token';
    this.#logger.warn(`Job ${id} is ambiguous: ${why}. Polling Meveto’s list of pending webhooks.`);
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
      this.#clientErrors.pass();
      return this.#finish(job, { state: 'expired', reason: CLIENT_ERROR });
    }
    await this.failedAttempts.record(job, outcome);
    this.counters.add('exchange_retry');
  }

  #finished(job: ClaimedJob, state: FinalState): void {
    this.counters.add(`job_${state}`);
    this.events.finished(state, job.digest);
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
          this.#logger.error(
            `The outcome of job ${job.id} cannot be stored. Trying again every second. Is the database unavailable, or ` +
              'does it refuse the change of the user’s row?',
          );
        }
        await delay(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
      }
    }
  }
}
