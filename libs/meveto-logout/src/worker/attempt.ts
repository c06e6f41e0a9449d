import { Inject, Injectable } from '@nestjs/common';
import { type ExchangeOutcome, TokenExchange } from '../exchange/token-exchange.port.js';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import { UserToken } from '../model/user-token.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import type { Lane } from '../model/lane.js';
import { type Lease, Leases } from './leases.js';
import { TokenMemory } from './token-memory.js';

const LEASE_OVER = 'lease-over';

/**
 * What came of a call's turn: `unreadable` when no key opens its token, `token-lost` when that was in the memory of a
 * process that is gone.
 */
export type Outcome = ExchangeOutcome | { readonly kind: 'unreadable' } | { readonly kind: 'token-lost' };

/** What says that a request was not welcome, rather than that Meveto is away: 4xx but for 401, 408 and 429. */
export const isUnwelcome = (reason: string): boolean => /^http-4(?!01|08|29)\d\d$/.test(reason);

/** Whether a stranger's token was turned away before Meveto, as a gateway does with what looks like an attack. */
export const isTurnedAway = (outcome: Outcome, lane: Lane): boolean =>
  lane === 'stranger' && outcome.kind === 'retry' && isUnwelcome(outcome.reason);

/**
 * Whether Meveto gave an answer that counts; undefined when that says nothing of Meveto: it was not asked, or the token was
 * turned away before it.
 */
export function hasAnswered(outcome: Outcome, lane: Lane): boolean | undefined {
  if (outcome.kind === 'unreadable' || outcome.kind === 'token-lost') return undefined;
  if (outcome.kind !== 'retry') return true;
  return outcome.reason === LEASE_OVER || isTurnedAway(outcome, lane) ? undefined : false;
}

/** Asks Meveto whose token a claimed call carries. */
@Injectable()
export class Attempt {
  constructor(
    @Inject(TokenExchange) private readonly tokenExchange: TokenExchange,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(TokenMemory) private readonly memory: TokenMemory,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @param stopping aborted when the process may wait no longer */
  async make(call: ClaimedCall, lease: Lease, stopping: AbortSignal): Promise<Outcome> {
    const token = this.#tokenOf(call);
    if (token === undefined) return { kind: call.sealed === undefined ? 'token-lost' : 'unreadable' };
    if (!this.#isLongEnough(lease)) await this.leases.renew();
    // The last look before the send: whoever was paused for too long leaves the call to the next one.
    if (!this.#isLongEnough(lease)) return { kind: 'retry', reason: LEASE_OVER, maybeSent: false };
    return this.tokenExchange.exchange(token, stopping);
  }

  #tokenOf(call: ClaimedCall): UserToken | undefined {
    if (call.sealed === undefined) return this.memory.tokenOf(call);
    const text = this.vault.open(call.sealed, call.digest);
    return text === undefined ? undefined : new UserToken(text);
  }

  #isLongEnough(lease: Lease): boolean {
    return performance.now() + this.options.exchange.timeoutMs <= lease.endsAt;
  }
}
