import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import { isStrangers } from '../model/lane.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { CallProcessor } from './call-processor.js';
import { Housekeeping } from './housekeeping.js';
import { LaneBreakers } from './lane-breakers.js';
import { type Lease, Leases } from './leases.js';
import { RateBudget } from './rate-budget.js';
import { TokenMemory } from './token-memory.js';

const POLL_EVERY_MS = 500;
/** Answers that wait to be written down: with more of them the store is in no state to give out work. */
const MAX_IN_HAND = 1_000;
const BUDGET_PAUSE_MS = 20;
/** After a look that left nothing to claim: whatever wakes the loop until then waits for one look together. */
const LOOK_PAUSE_MS = 20;
const STRANGERS_SHARE = 0.75;

/**
 * The loop: claims due calls as far as concurrency and budget allow, and hands each to the processor. It wakes when a
 * call arrives and looks for work at an interval: calls of a replica that died, and those whose pause is over.
 */
@Injectable()
export class LogoutWorker {
  readonly #logger = new Logger('MevetoLogout');
  /** What is being worked on, by the call's id. */
  readonly #inHand = new Map<string, Promise<void>>();
  readonly #budget: RateBudget;
  readonly #stopping = new AbortController();
  /** What strangers' calls may take of the budget: the rest is kept for calls that are more likely real. */
  readonly #strangersBudget: RateBudget;
  readonly #breakers = new LaneBreakers();
  #exchangingCount = 0;
  #strangersCount = 0;
  #arrivals: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #pumping: Promise<void> | undefined;
  #wakeAgain = false;
  /** No look before it, of `performance.now()`. */
  #nextLookAt = 0;
  #isFailing = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(CallProcessor) private readonly processor: CallProcessor,
    @Inject(TokenMemory) private readonly memory: TokenMemory,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    const { perSecond } = options.exchange;
    this.#budget = new RateBudget(perSecond, performance.now());
    this.#strangersBudget = new RateBudget(Math.max(1, perSecond * STRANGERS_SHARE), performance.now());
  }

  start(): void {
    this.#arrivals = this.events.arrived$.subscribe(() => {
      this.#wake();
    });
    this.#timer = setInterval(() => {
      this.#wake();
    }, POLL_EVERY_MS);
    this.#timer.unref();
    this.#wake();
  }

  /** Takes no more work, and waits for what is in hand: at most `shutdownTimeoutMs`, then it is cut off. */
  async stop(): Promise<void> {
    this.memory.close();
    this.#arrivals?.unsubscribe();
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#pumping;
    await this.housekeeping.stop();
    const cutOff = setTimeout(() => {
      this.#stopping.abort();
    }, this.options.shutdownTimeoutMs);
    await this.#finishInHand();
    clearTimeout(cutOff);
    await this.#giveUpTokens();
  }

  /** Tokens that only this process has are exchanged as long as there is time. */
  async #finishInHand(): Promise<void> {
    do {
      if (!this.#stopping.signal.aborted) await this.#claimAndStart().catch(() => false);
      await Promise.race([Promise.allSettled(this.#inHand.values()), delay(BUDGET_PAUSE_MS)]);
    } while (this.#inHand.size > 0 || (this.memory.hasDue() && !this.#stopping.signal.aborted));
  }

  /** Calls whose tokens go with this process are given to others at once, who ask the pending list for them. */
  async #giveUpTokens(): Promise<void> {
    const given = { delayMs: 0, maybeSent: true, reason: 'process-stopped' };
    const waiting = this.memory.waiting();
    await Promise.allSettled(waiting.map((call) => this.store.inbox.release(call, given)));
    for (const call of waiting) this.leases.drop(call);
  }

  #wake(): void {
    this.#wakeAgain = true;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.#wakeAgain && this.#timer !== undefined) this.#wake();
    });
  }

  async #pump(): Promise<void> {
    while (this.#wakeAgain && this.#timer !== undefined) {
      this.#wakeAgain = false;
      const pauseMs = this.#nextLookAt - performance.now();
      if (pauseMs > 0) {
        this.#wakeSoon(pauseMs);
        return;
      }
      try {
        if (await this.#claimAndStart()) this.#wakeAgain = true;
        void this.housekeeping.run();
        this.#isFailing = false;
      } catch {
        if (!this.#isFailing)
          this.#logger.warn('Calls cannot be worked on: the store is not available. Trying again.');
        this.#isFailing = true;
      }
    }
  }

  /** True if there may be more to claim at once. */
  async #claimAndStart(): Promise<boolean> {
    const { concurrency } = this.options.exchange;
    const free = concurrency - this.#exchangingCount;
    if (free <= 0 || this.#inHand.size >= MAX_IN_HAND) return false;
    const now = performance.now();
    const allowed = this.#breakers.allows(free, now);
    // While Meveto is away the timer looks again: nothing is gained by asking more often.
    if (allowed.all === 0) return false;
    const wanted = this.#budget.take(allowed.all, now);
    if (wanted === 0) {
      this.#wakeSoon();
      return false;
    }
    const strangersFree = Math.ceil(concurrency * STRANGERS_SHARE) - this.#strangersCount;
    const strangersWanted = Math.max(0, Math.min(wanted, strangersFree, allowed.strangers));
    const strangers = this.#strangersBudget.take(strangersWanted, now);
    const calls = await this.#claim(wanted, strangers);
    // More strangers may wait for the next share of their budget.
    if (strangers < strangersWanted && calls.filter(isStrangers).length === strangers) this.#wakeSoon();
    const isMoreLikely = calls.length === wanted;
    if (!isMoreLikely) this.#nextLookAt = performance.now() + LOOK_PAUSE_MS;
    return isMoreLikely;
  }

  async #claim(wanted: number, strangers: number): Promise<readonly ClaimedCall[]> {
    const own = this.memory.take(wanted, strangers);
    const ownStrangers = own.filter(isStrangers).length;
    for (const call of own) this.#start(call, this.leases.of(call) ?? this.leases.hold(call, -Infinity));
    let others: readonly ClaimedCall[] = [];
    try {
      others = await this.#claimFromStore(wanted - own.length, strangers - ownStrangers);
    } finally {
      this.#budget.giveBack(wanted - own.length - others.length);
      this.#strangersBudget.giveBack(strangers - ownStrangers - others.filter(isStrangers).length);
    }
    return [...own, ...others];
  }

  async #claimFromStore(wanted: number, strangers: number): Promise<readonly ClaimedCall[]> {
    if (wanted === 0 || this.#timer === undefined) return [];
    const claimedAt = performance.now();
    const { leaseMs } = this.options;
    const calls = await this.store.inbox.claim(wanted, leaseMs, [...this.#inHand.keys()], strangers);
    for (const call of calls) {
      this.memory.resume(call);
      this.#start(call, this.leases.hold(call, claimedAt));
    }
    return calls;
  }

  /** One look ahead at a time, however often it is asked for. */
  #wakeSoon(pauseMs = BUDGET_PAUSE_MS): void {
    if (this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#wake();
    }, pauseMs);
    this.#soon.unref();
  }

  #start(call: ClaimedCall, lease: Lease): void {
    const strangers = isStrangers(call) ? 1 : 0;
    this.#breakers.probed(call, performance.now());
    this.#exchangingCount += 1;
    this.#strangersCount += strangers;
    const exchanged = (answered: boolean | undefined): void => {
      this.#exchangingCount -= 1;
      this.#strangersCount -= strangers;
      this.#judge(call, answered);
      this.#wake();
    };
    const work = this.processor.process(call, lease, this.#stopping.signal, exchanged).finally(() => {
      this.#inHand.delete(call.id);
      this.memory.done(call);
      if (this.memory.tokenOf(call) === undefined) this.leases.drop(call);
      this.#wake();
    });
    this.#inHand.set(call.id, work);
  }

  #judge(call: ClaimedCall, answered: boolean | undefined): void {
    switch (this.#breakers.judge(call, answered, performance.now())) {
      case 'begun':
        this.#logger.warn('Meveto does not answer: calls wait, and one is tried now and then.');
        break;
      case 'begun-for-strangers':
        this.#logger.warn(
          'Meveto does not answer calls from unknown addresses: they wait, and one is tried now and then.',
        );
        break;
      case 'ended':
        this.#logger.log('Meveto answers again.');
        this.events.outageEnded();
        break;
      case undefined:
    }
  }
}
