import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { CallProcessor } from './call-processor.js';
import { ExchangeBreaker } from './exchange-breaker.js';
import { RateBudget } from './rate-budget.js';

const POLL_EVERY_MS = 500;
/** Answers that wait to be written down: with more of them the store is in no state to give out work. */
const MAX_IN_HAND = 1_000;
const BUDGET_PAUSE_MS = 20;
const STRANGERS_SHARE = 0.75;
const HOUSEKEEPING_EVERY_MS = 30_000;
const HOUSEKEEPING_BATCH = 200;
/** Rows go faster than the rate of exchanges can make them. */
const PURGE_BATCHES = 50;
/** Longer than Meveto may retry a call, so that a late duplicate is still recognised. */
const RETENTION_MS = 7 * 86_400_000;

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
  readonly #breaker = new ExchangeBreaker();
  #exchangingCount = 0;
  #strangersCount = 0;
  #arrivals: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #pumping: Promise<void> | undefined;
  #wakeAgain = false;
  #isFailing = false;
  #houseKeptAt = performance.now();

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(CallProcessor) private readonly processor: CallProcessor,
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
    this.#arrivals?.unsubscribe();
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#pumping;
    const cutOff = setTimeout(() => {
      this.#stopping.abort();
    }, this.options.shutdownTimeoutMs);
    await Promise.allSettled(this.#inHand.values());
    clearTimeout(cutOff);
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
      try {
        if (await this.#claimAndStart()) this.#wakeAgain = true;
        await this.#keepHouse();
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
    const allowed = this.#breaker.allows(free, now);
    // While Meveto is away the timer looks again: nothing is gained by asking more often.
    if (allowed === 0) return false;
    const wanted = this.#budget.take(allowed, now);
    if (wanted === 0) {
      this.#wakeSoon();
      return false;
    }
    const strangersFree = Math.ceil(concurrency * STRANGERS_SHARE) - this.#strangersCount;
    const strangersWanted = Math.max(0, Math.min(wanted, strangersFree));
    const strangers = this.#strangersBudget.take(strangersWanted, now);
    const calls = await this.#claim(wanted, strangers);
    if (calls.length > 0) this.#breaker.probed(now);
    // More strangers may wait for the next share of their budget.
    if (strangers < strangersWanted && calls.filter(isStrangers).length === strangers) this.#wakeSoon();
    return calls.length === wanted;
  }

  async #claim(wanted: number, strangers: number): Promise<readonly ClaimedCall[]> {
    const claimedAt = performance.now();
    let calls: readonly ClaimedCall[] = [];
    try {
      calls = await this.store.inbox.claim(wanted, this.options.leaseMs, [...this.#inHand.keys()], strangers);
    } finally {
      this.#budget.giveBack(wanted - calls.length);
      this.#strangersBudget.giveBack(strangers - calls.filter(isStrangers).length);
    }
    for (const call of calls) this.#start(call, claimedAt + this.options.leaseMs);
    return calls;
  }

  /** One look ahead at a time, however often it is asked for. */
  #wakeSoon(): void {
    if (this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#wake();
    }, BUDGET_PAUSE_MS);
    this.#soon.unref();
  }

  #start(call: ClaimedCall, leaseEndsAt: number): void {
    const strangers = isStrangers(call) ? 1 : 0;
    this.#exchangingCount += 1;
    this.#strangersCount += strangers;
    const exchanged = (answered: boolean | undefined): void => {
      this.#exchangingCount -= 1;
      this.#strangersCount -= strangers;
      this.#judge(answered);
      this.#wake();
    };
    const work = this.processor.process(call, leaseEndsAt, this.#stopping.signal, exchanged).finally(() => {
      this.#inHand.delete(call.id);
      this.#wake();
    });
    this.#inHand.set(call.id, work);
  }

  #judge(answered: boolean | undefined): void {
    if (answered === undefined) return;
    if (answered) {
      if (this.#breaker.succeeded()) {
        this.#logger.log('Meveto answers again.');
        this.events.outageEnded();
      }
    } else if (this.#breaker.failed(performance.now())) {
      this.#logger.warn('Meveto does not answer: calls wait, and one is tried now and then.');
    }
  }

  async #keepHouse(): Promise<void> {
    if (performance.now() - this.#houseKeptAt < HOUSEKEEPING_EVERY_MS) return;
    this.#houseKeptAt = performance.now();
    const expired = await this.store.inbox.expire(this.options.callTtlMs, HOUSEKEEPING_BATCH);
    for (let ended = 0; ended < expired; ended += 1) this.events.ended('expired');
    for (let batch = 0; batch < PURGE_BATCHES; batch += 1) {
      const purged = await this.store.inbox.purge(RETENTION_MS, HOUSEKEEPING_BATCH);
      if (purged < HOUSEKEEPING_BATCH) return;
    }
  }
}

const isStrangers = ({ lane }: ClaimedCall): boolean => lane === 'stranger';
