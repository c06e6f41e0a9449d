import { Inject, Injectable } from '@nestjs/common';
import type { ExchangeOutcome } from '../exchange/token-exchange.port.js';
import type { ClaimedCall, Release } from '../inbox/inbox.port.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { backoffMs } from './backoff.js';
import { isUnwelcome } from './attempt.js';
import { Leases } from './leases.js';
import { TokenMemory } from './token-memory.js';

const RETRY_AFTER_CAP_MS = 30_000;
const MAX_REASON_CHARS = 64;

/** What becomes of a call that had no answer that counts: it waits for its next attempt, in the store or in memory. */
@Injectable()
export class FailedAttempts {
  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenMemory) private readonly memory: TokenMemory,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async record(
    call: ClaimedCall,
    { reason, maybeSent, retryAfterMs }: Extract<ExchangeOutcome, { kind: 'retry' }>,
  ): Promise<void> {
    const pauseMs = backoffMs(call.attempts, performance.now() - call.receivedTick, Math.random());
    const delayMs = Math.max(pauseMs, Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS));
    const refusal = isUnwelcome(reason) ? { isRefusal: true } : {};
    const failure = { delayMs, maybeSent, reason: reason.slice(0, MAX_REASON_CHARS), ...refusal };
    if (this.memory.tokenOf(call) === undefined) {
      await this.store.inbox.release(call, failure);
    } else {
      await this.#keep(call, failure);
    }
  }

  /** Nobody else has the token: the call stays with this process. */
  async #keep(call: ClaimedCall, failure: Release): Promise<void> {
    const again = await this.store.inbox.beginAgain(call, failure, this.options.leaseMs);
    if (again !== undefined) this.memory.pause(again, failure.delayMs);
    else await this.#takeBack(call, failure.delayMs);
  }

  /** Another replica took the call over and could do nothing with it: with its token it is opened again. */
  async #takeBack(call: ClaimedCall, delayMs: number): Promise<void> {
    const token = this.memory.tokenOf(call);
    const claimedAt = performance.now();
    const { held } = await this.store.inbox.receiveHeld(
      [{ ...call, sender: undefined }],
      this.options.leaseMs,
    );
    const [again] = held;
    if (token === undefined || again === undefined) return;
    this.memory.forget(call);
    this.memory.add(again, token);
    this.memory.pause(again, delayMs);
    this.leases.hold(again, claimedAt);
  }
}
