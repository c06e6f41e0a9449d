import { Inject, Injectable, Logger } from '@nestjs/common';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';

const EVERY_MS = 30_000;
const BATCH = 200;
/** Rows go faster than the rate of exchanges can make them. */
const PURGE_BATCHES = 50;

/** Ends calls that are too old, and deletes those that were kept long enough: now and then, a little at a time. */
@Injectable()
export class Housekeeping {
  readonly #logger = new Logger('MevetoLogout');
  #doneAt = performance.now();

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Does nothing unless it is due. */
  async run(): Promise<void> {
    if (performance.now() - this.#doneAt < EVERY_MS) return;
    this.#doneAt = performance.now();
    await this.#expire();
    await this.#purge();
  }

  async #expire(): Promise<void> {
    const { count, outcomeUnknownCount } = await this.store.inbox.expire(this.options.callTtlMs, BATCH);
    this.counters.add('call_expired', count);
    this.counters.add('call_expired_outcome_unknown', outcomeUnknownCount);
    for (let ended = 0; ended < count; ended += 1) this.events.ended('expired');
    if (outcomeUnknownCount === 0) return;
    this.#logger.error(
      `${String(outcomeUnknownCount)} calls expired after attempts whose outcome nobody knows: Meveto may have used their ` +
        `tokens up, and the people may still be signed in. See listCalls({ state: 'expired' }) and docs/modes.md.`,
    );
  }

  async #purge(): Promise<void> {
    const { retentionMs, rejectedRetentionMs, maxSessionAgeMs } = this.options;
    const retention = {
      endedMs: retentionMs,
      rejectedMs: rejectedRetentionMs,
      // Until then a session may live that the call would have ended.
      ambiguousMs: Math.max(retentionMs, maxSessionAgeMs),
    };
    for (let batch = 0; batch < PURGE_BATCHES; batch += 1) {
      if ((await this.store.inbox.purge(retention, BATCH)) < BATCH) return;
    }
  }
}
