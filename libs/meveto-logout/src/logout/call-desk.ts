import { Inject, Injectable } from '@nestjs/common';
import { CallNotResolvableError, UnknownUserError } from '../errors.js';
import type { CallState } from '../model/call.js';
import type { CallPage } from '../model/call-record.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { Store } from '../store/store.port.js';
import { STORE } from '../tokens.js';
import { LogoutService } from './logout.service.js';

const MAX_PAGE = 500;
const MAX_REASON_CHARS = 64;

export interface ListCallsOptions {
  readonly state: CallState;
  /**
   * Calls per page. 1 to 500.
   * @defaultValue 50
   */
  readonly limit?: number;
  /** The `next` of the page before; left out for the first one. */
  readonly after?: string | undefined;
}

/** What an operator knows of a call: whose it was, or why nothing need be done. */
export type CallDecision = { readonly userId: string | number | bigint } | { readonly discard: string };

/** What an operator sees of calls, and does about those that cannot end by themselves. */
@Injectable()
export class CallDesk {
  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutService) private readonly logouts: LogoutService,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
  ) {}

  list({ state, limit = 50, after }: ListCallsOptions): Promise<CallPage> {
    const most = Math.min(MAX_PAGE, Math.max(1, Math.floor(limit)));
    return this.store.inbox.list({ state, limit: most, after });
  }

  async resolve(id: string, decision: CallDecision): Promise<void> {
    if ('discard' in decision) await this.#discard(id, decision.discard);
    else await this.#resolveFor(id, String(decision.userId));
  }

  async retry(id: string): Promise<boolean> {
    const isHurried = await this.store.inbox.hurry(id);
    if (isHurried) this.events.arrived();
    return isHurried;
  }

  async #discard(id: string, reason: string): Promise<void> {
    const kept = `operator: ${reason}`.slice(0, MAX_REASON_CHARS);
    if (!(await this.store.inbox.discard(id, kept))) throw new CallNotResolvableError();
    this.counters.add('call_discarded');
  }

  async #resolveFor(id: string, userId: string): Promise<void> {
    const { kind } = await this.logouts.resolve(id, userId);
    if (kind === 'claim-lost') throw new CallNotResolvableError();
    if (kind === 'unknown-user') throw new UnknownUserError();
    this.counters.add('call_resolved');
  }
}
