import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { type ExchangeOutcome, TokenExchange } from '../exchange/token-exchange.port.js';
import type { ClaimedCall, Ending } from '../inbox/inbox.port.js';
import { LogoutService } from '../logout/logout.service.js';
import type { FinalState } from '../model/call.js';
import { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { backoffMs } from './backoff.js';

const LEASE_OVER = 'lease-over';
const SETTLE_RETRY_MS = 100;
const SETTLE_RETRY_CAP_MS = 1_000;

/** What came of a call's turn; `unreadable` when no key opens its token. */
type Outcome = ExchangeOutcome | { readonly kind: 'unreadable' };

/** Whether Meveto gave an answer that counts; undefined when it was not asked. */
function hasAnswered(outcome: Outcome): boolean | undefined {
  if (outcome.kind === 'unreadable' || (outcome.kind === 'retry' && outcome.reason === LEASE_OVER))
    return undefined;
  return outcome.kind !== 'retry';
}

/** One claimed call, from exchange to its end. */
@Injectable()
export class CallProcessor {
  readonly #logger = new Logger('MevetoLogout');

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenExchange) private readonly tokenExchange: TokenExchange,
    @Inject(LogoutService) private readonly logouts: LogoutService,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * @param leaseEndsAt of `performance.now()`
   * @param stopping aborted when the process may wait no longer
   * @param exchanged called once the exchange is over, with whether Meveto gave an answer that counts (undefined: it was
   * not asked): what follows is writing it down
   */
  async process(
    call: ClaimedCall,
    leaseEndsAt: number,
    stopping: AbortSignal,
    exchanged: (answered: boolean | undefined) => void = () => undefined,
  ): Promise<void> {
    const outcome = await this.#ask(call, leaseEndsAt, stopping);
    exchanged(hasAnswered(outcome));
    // Nothing may stand between the answer and its commit: until then only this process knows who it is.
    await this.#settle(call, stopping, () => this.#record(call, outcome));
  }

  async #ask(call: ClaimedCall, leaseEndsAt: number, stopping: AbortSignal): Promise<Outcome> {
    const text = this.vault.open(call.sealed, call.digest);
    if (text === undefined) return { kind: 'unreadable' };
    // The last look before the send: whoever was paused for too long leaves the call to the next one.
    if (performance.now() + this.options.exchange.timeoutMs > leaseEndsAt) {
      return { kind: 'retry', reason: LEASE_OVER, maybeSent: false };
    }
    return this.tokenExchange.exchange(new UserToken(text), stopping);
  }

  #record(call: ClaimedCall, outcome: Outcome): Promise<void> {
    switch (outcome.kind) {
      case 'unreadable':
        return this.#finish(call, { state: 'expired', reason: 'key-missing' });
      case 'person':
        return this.#apply(call, outcome.mevetoId);
      case 'invalid':
        return this.#finish(
          call,
          call.earlierAttemptUnknown
            ? { state: 'ambiguous', reason: 'invalid-after-unknown-attempt' }
            : { state: 'rejected', reason: 'invalid-token' },
        );
      case 'retry':
        return this.#release(call, outcome);
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

  async #finish(call: ClaimedCall, ending: Ending): Promise<void> {
    const isHeld = await this.store.inbox.finish(call, ending);
    if (ending.reason !== 'key-missing') this.counters.add('exchange_invalid');
    if (!isHeld) {
      this.counters.add('call_claim_lost');
      return;
    }
    this.#ended(call, ending.state);
    if (ending.state === 'rejected') this.events.rejected(call.digest);
    if (ending.state === 'ambiguous') {
      this.#logger.warn(
        `Call ${call.id} is ambiguous: its token was used up by an attempt whose answer was lost. Asking Meveto’s pending list.`,
      );
    }
    if (ending.reason === 'key-missing') {
      this.#logger.error(
        `Call ${call.id} ended unread: no key opens its token. Was the client secret changed?`,
      );
    }
  }

  async #release(call: ClaimedCall, outcome: Extract<ExchangeOutcome, { kind: 'retry' }>): Promise<void> {
    const pauseMs = backoffMs(call.attempts, Date.now() - call.receivedAt, Math.random());
    await this.store.inbox.release(call, {
      delayMs: Math.max(pauseMs, Math.min(outcome.retryAfterMs ?? 0, 30_000)),
      maybeSent: outcome.maybeSent,
      reason: outcome.reason.slice(0, 64),
    });
    this.counters.add('exchange_retry');
  }

  #ended(call: ClaimedCall, state: FinalState): void {
    this.counters.add(`call_${state}`);
    this.events.ended(state, call.digest);
  }

  /** Writes the outcome, again and again while the store is away: the answer cannot be had a second time. */
  async #settle(call: ClaimedCall, stopping: AbortSignal, write: () => Promise<void>): Promise<void> {
    const giveUpAt = performance.now() + this.options.callTtlMs;
    let isReported = false;
    for (let pauseMs = SETTLE_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, SETTLE_RETRY_CAP_MS)) {
      try {
        await write();
        return;
      } catch {
        if (stopping.aborted || performance.now() > giveUpAt) return;
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
