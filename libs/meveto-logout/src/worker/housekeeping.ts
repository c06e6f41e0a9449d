import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ExpiredCalls } from '../inbox/inbox.port.js';
import { TIME_TO_LIVE, TIME_TO_LIVE_OUTCOME_UNKNOWN } from '../model/call.js';
import { CONFIRMED_FOR_MS } from '../model/lane.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { Leases } from './leases.js';
import { TokenMemory } from './token-memory.js';

const EVERY_MS = 30_000;
const BATCH = 200;
/** Calls that Meveto called bad: enough to know again what a flood repeats. */
const MOST_INVALID = 100_000;
/** Rows go faster than calls can make them, and still there is an end. */
const MAX_BATCHES = 50;

/** Ends calls that are too old, and deletes those that were kept long enough: now and then, a little at a time. */
@Injectable()
export class Housekeeping {
  readonly #logger = new Logger('MevetoLogout');
  #doneAt = performance.now();
  #running: Promise<unknown> | undefined;
  #isStopped = false;
  #isFailing = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenMemory) private readonly memory: TokenMemory,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Begins unless it is being done or not yet due; never rejects: what could not be done is done the next time. */
  run(): Promise<unknown> {
    if (this.#isStopped || performance.now() - this.#doneAt < EVERY_MS) return Promise.resolve();
    this.#running ??= this.#tidy()
      .then(
        () => (this.#isFailing = false),
        () => this.#failed(),
      )
      .finally(() => {
        this.#running = undefined;
        this.#doneAt = performance.now();
      });
    return this.#running;
  }

  /** Begins no further batch, and waits for the one that is on its way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #tidy(): Promise<void> {
    await this.#inBatches(() => this.#expireRemembered());
    await this.#inBatches(() => this.#expire());
    await this.#inBatches(() => this.#purge());
  }

  /** Said once: the errors of a database show values. */
  #failed(): void {
    if (!this.#isFailing && !this.#isStopped) {
      this.#logger.warn(
        'Old calls could not be ended or deleted. Trying again every half minute. Is the database away, or may its user ' +
          'not UPDATE or DELETE them?',
      );
    }
    this.#isFailing = true;
  }

  /** Goes on as long as batches are full. */
  async #inBatches(batch: () => Promise<number>): Promise<void> {
    for (let done = 0; done < MAX_BATCHES && !this.#isStopped; done += 1) {
      if ((await batch()) < BATCH) return;
    }
  }

  /** Calls whose tokens are in memory stay claimed: while Meveto is away most of them have no turn in which they could expire. */
  async #expireRemembered(): Promise<number> {
    const waiting = this.memory.waiting();
    const receivedUntil = performance.now() - this.options.callTtlMs;
    const overdue = waiting.filter(({ receivedTick }) => receivedTick <= receivedUntil).slice(0, BATCH);
    const expired = { count: 0, outcomeUnknownCount: 0 };
    try {
      for (const call of overdue) {
        // No longer kept: where the end cannot be written now, the claim runs out, and the call expires like any other.
        this.memory.forget(call);
        this.leases.drop(call);
        const isUnknown = call.earlierAttemptUnknown;
        const reason = isUnknown ? TIME_TO_LIVE_OUTCOME_UNKNOWN : TIME_TO_LIVE;
        if (!(await this.store.inbox.finish(call, { state: 'expired', reason }))) continue;
        expired.count += 1;
        if (isUnknown) expired.outcomeUnknownCount += 1;
      }
    } finally {
      this.#report(expired);
    }
    return overdue.length;
  }

  async #expire(): Promise<number> {
    const expired = await this.store.inbox.expire(this.options.callTtlMs, BATCH);
    this.#report(expired);
    return expired.count;
  }

  #report({ count, outcomeUnknownCount }: ExpiredCalls): void {
    this.counters.add('call_expired', count);
    this.counters.add('call_expired_outcome_unknown', outcomeUnknownCount);
    for (let ended = 0; ended < count; ended += 1) this.events.ended('expired');
    if (outcomeUnknownCount > 0) this.#tell(outcomeUnknownCount);
  }

  #tell(outcomeUnknownCount: number): void {
    this.#logger.error(
      `${String(outcomeUnknownCount)} calls expired after attempts whose outcome nobody knows: Meveto may have used their ` +
        `tokens up, and the people may still be signed in. See listCalls({ state: 'expired' }) and docs/modes.md.`,
    );
  }

  #purge(): Promise<number> {
    const { retentionMs, rejectedRetentionMs, maxSessionAgeMs } = this.options;
    const retention = {
      endedMs: retentionMs,
      rejectedMs: rejectedRetentionMs,
      // Until then a session may live that the call would have ended.
      ambiguousMs: Math.max(retentionMs, maxSessionAgeMs),
      invalidCount: MOST_INVALID,
      senderMs: CONFIRMED_FOR_MS,
    };
    return this.store.inbox.purge(retention, BATCH);
  }
}
