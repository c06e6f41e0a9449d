import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ClaimedCall, Ending } from '../inbox/inbox.port.js';
import { LogoutService } from '../logout/logout.service.js';
import {
  type FinalState,
  INVALID_TOKEN,
  KEY_MISSING,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
  TOKEN_LOST,
  TURNED_AWAY,
} from '../model/call.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import { OneWarning } from '../observe/one-warning.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { Attempt, hasAnswered, isTurnedAway, type Outcome } from './attempt.js';
import { FailedAttempts } from './failed-attempts.js';
import type { Lease } from './leases.js';

const SETTLE_RETRY_MS = 100;
const SETTLE_RETRY_CAP_MS = 1_000;

/** So often a stranger's call may be turned away while Meveto answers others: forged ones must not fill their lane for days. */
const TURNED_AWAY_TRIES = 5;
/** How long Meveto counts as answering after it did. */
const ANSWERS_FOR_MS = 60_000;

/** Whether Meveto was asked for this ending. */
const isAnswer = ({ state }: Ending): boolean => state !== 'expired';

/** One claimed call, from exchange to its end. */
@Injectable()
export class CallProcessor {
  readonly #logger = new Logger('MevetoLogout');
  readonly #turnedAway = new OneWarning(
    `Calls from unknown addresses were turned away (HTTP 4xx) ${String(TURNED_AWAY_TRIES)} times each while Meveto answered ` +
      'others, and ended as expired, reason turned-away. They go on if Meveto sends or lists them again. See docs/modes.md.',
  );
  readonly #keyMissing = new OneWarning(
    'No key opens the token of a call: it waits until a process has the key, callTtlMs at most. Was a key or the client secret ' +
      'changed? Give the earlier one as keys.previous or previousClientSecrets. See docs/modes.md.',
  );
  /** When Meveto last named a person or called a token bad, of `performance.now()`. */
  #answeredAt = -Infinity;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(Attempt) private readonly attempt: Attempt,
    @Inject(FailedAttempts) private readonly failedAttempts: FailedAttempts,
    @Inject(LogoutService) private readonly logouts: LogoutService,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * @param stopping aborted when the process may wait no longer
   * @param exchanged called once the exchange is over, with whether Meveto gave an answer that counts (undefined: it was
   * not asked): what follows is writing it down
   */
  async process(
    call: ClaimedCall,
    lease: Lease,
    stopping: AbortSignal,
    exchanged: (answered: boolean | undefined) => void = () => undefined,
  ): Promise<void> {
    const outcome = await this.attempt.make(call, lease, stopping);
    const answered = hasAnswered(outcome, call.lane);
    if (answered === true) this.#answeredAt = performance.now();
    exchanged(answered);
    // Nothing may stand between the answer and its commit: until then only this process knows who it is.
    const isWritten = await this.#settle(call, stopping, () => this.#record(call, outcome));
    if (isWritten || (outcome.kind !== 'person' && outcome.kind !== 'invalid')) return;
    this.#logger.error(
      `Meveto’s answer to call ${call.id} could not be written${stopping.aborted ? ' before this process stopped' : ''}, and ` +
        'cannot be had again: the call will end as ambiguous or expired. Is the database away? See docs/modes.md.',
    );
  }

  #record(call: ClaimedCall, outcome: Outcome): Promise<void> {
    switch (outcome.kind) {
      case 'unreadable':
        return this.#waitForKey(call);
      case 'token-lost':
        return this.#withoutToken(call);
      case 'person':
        return this.#apply(call, outcome.mevetoId);
      case 'invalid':
        return this.#finish(
          call,
          call.earlierAttemptUnknown
            ? { state: 'ambiguous', reason: 'invalid-after-unknown-attempt' }
            : { state: 'rejected', reason: INVALID_TOKEN },
        );
      case 'retry':
        return this.#failed(call, outcome);
    }
  }

  async #apply(call: ClaimedCall, mevetoId: string): Promise<void> {
    const { kind } = await this.logouts.apply(call, mevetoId);
    this.counters.add('exchange_person');
    if (kind === 'claim-lost') {
      this.counters.add('call_claim_lost');
      return;
    }
    if (kind === 'unlinked') this.counters.add('protection_removed');
    this.#ended(call, kind === 'unknown-user' ? 'unknown_user' : 'applied');
  }

  /** Unless it has come again since: then its turn comes at once. */
  async #withoutToken(call: ClaimedCall): Promise<void> {
    const ending = { state: 'ambiguous', reason: TOKEN_LOST } as const;
    if (await this.store.inbox.finish(call, ending)) this.#tellEnd(call, ending);
    else await this.store.inbox.release(call, { delayMs: 0, maybeSent: false, reason: TOKEN_LOST });
  }

  async #finish(call: ClaimedCall, ending: Ending): Promise<void> {
    const isHeld = await this.store.inbox.finish(call, ending);
    if (isAnswer(ending)) this.counters.add('exchange_invalid');
    if (isHeld) this.#tellEnd(call, ending);
    else this.counters.add('call_claim_lost');
  }

  #tellEnd(call: ClaimedCall, ending: Ending): void {
    this.#ended(call, ending.state);
    if (ending.state === 'rejected') this.events.rejected(call.digest);
    if (ending.state === 'ambiguous') this.#tellAmbiguous(call, ending.reason);
    if (ending.reason === TIME_TO_LIVE_OUTCOME_UNKNOWN) {
      this.counters.add('call_expired_outcome_unknown');
      this.#logger.error(
        `Call ${call.id} expired after attempts whose outcome nobody knows: Meveto may have used its token up, and the ` +
          "person may still be signed in. See listCalls({ state: 'expired' }) and docs/modes.md.",
      );
    }
    if (ending.reason === KEY_MISSING) {
      this.#logger.error(
        `Call ${call.id} ended unread: no key opened its token for as long as it may wait. See docs/modes.md.`,
      );
    }
  }

  /** Another replica may have the key, as while keys are changed; or this one after its next start. */
  async #waitForKey(call: ClaimedCall): Promise<void> {
    this.#keyMissing.pass();
    if (this.#isTooOld(call) && !call.earlierAttemptUnknown)
      return this.#finish(call, { state: 'expired', reason: KEY_MISSING });
    await this.#failed(call, { kind: 'retry', reason: KEY_MISSING, maybeSent: false });
  }

  #isTooOld({ receivedTick }: ClaimedCall): boolean {
    return performance.now() - receivedTick > this.options.callTtlMs;
  }

  #tellAmbiguous({ id }: ClaimedCall, reason: string): void {
    const why =
      reason === TOKEN_LOST
        ? 'its token was in the memory of a process that is gone'
        : 'its token was used up by an attempt whose answer was lost';
    this.#logger.warn(`Call ${id} is ambiguous: ${why}. Asking Meveto’s pending list.`);
  }

  /** Given back, or kept for another attempt. One that always fails anew is never seen idle, and expires here. */
  async #failed(call: ClaimedCall, outcome: Extract<Outcome, { kind: 'retry' }>): Promise<void> {
    if (this.#isTooOld(call)) {
      const isUnknown = call.earlierAttemptUnknown || outcome.maybeSent;
      const reason = isUnknown ? TIME_TO_LIVE_OUTCOME_UNKNOWN : TIME_TO_LIVE;
      return this.#finish(call, { state: 'expired', reason });
    }
    const isWell = performance.now() - this.#answeredAt < ANSWERS_FOR_MS;
    if (isWell && call.turnedAwayTimes + 1 >= TURNED_AWAY_TRIES && isTurnedAway(outcome, call.lane)) {
      this.#turnedAway.pass();
      return this.#finish(call, { state: 'expired', reason: TURNED_AWAY });
    }
    await this.failedAttempts.record(call, outcome);
    this.counters.add('exchange_retry');
  }

  #ended(call: ClaimedCall, state: FinalState): void {
    this.counters.add(`call_${state}`);
    this.events.ended(state, call.digest);
  }

  /**
   * Writes the outcome, again and again while the store is away: the answer cannot be had a second time. Resolves false when
   * the process had to stop, or the call is too old.
   */
  async #settle(call: ClaimedCall, stopping: AbortSignal, write: () => Promise<void>): Promise<boolean> {
    const giveUpAt = performance.now() + this.options.callTtlMs;
    let isReported = false;
    for (let pauseMs = SETTLE_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, SETTLE_RETRY_CAP_MS)) {
      try {
        await write();
        return true;
      } catch {
        if (stopping.aborted || performance.now() > giveUpAt) return false;
        if (pauseMs === SETTLE_RETRY_CAP_MS && !isReported) {
          isReported = true;
          this.#logger.error(
            `The outcome of call ${call.id} cannot be written and is tried again every second. Is the database away, or ` +
              'does it refuse the change of the user’s row?',
          );
        }
        await delay(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
      }
    }
  }
}
