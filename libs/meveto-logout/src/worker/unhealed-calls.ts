import { Inject, Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CallRecord } from '../model/call-record.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { Store } from '../store/store.port.js';
import { STORE } from '../tokens.js';

const PAGE = 100;
const MAX_PAGES = 100;
/** Calls that are named one by one; of more, the number is told. */
const MAX_NAMED = 10;

/**
 * Tells the operator of ambiguous calls that Meveto's pending list did not heal: of each once per process, after the list
 * was read to its end at a time when the call was ambiguous already.
 */
@Injectable()
export class UnhealedCalls {
  readonly #logger = new Logger('MevetoLogout');
  readonly #told = new LRUCache<string, true>({ max: PAGE * MAX_PAGES });
  #isLooking = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(CallEvents) events: CallEvents,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    events.listRead$.subscribe((askedAt) => {
      if (!this.#isLooking) void this.#report(askedAt);
    });
  }

  async #report(askedAt: number): Promise<void> {
    this.#isLooking = true;
    try {
      const unhealed = (await this.#ambiguous()).filter((call) => this.#isNews(call, askedAt));
      if (unhealed.length > 0) this.#tell(unhealed);
    } catch {
      // The store is away: they are told of after the next look at the list.
    } finally {
      this.#isLooking = false;
    }
  }

  async #ambiguous(): Promise<readonly CallRecord[]> {
    const found: CallRecord[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await this.store.inbox.list({ state: 'ambiguous', limit: PAGE, after });
      found.push(...page.calls);
      after = page.next;
      if (after === undefined) break;
    }
    return found;
  }

  #isNews({ id, settledAt = Infinity }: CallRecord, askedAt: number): boolean {
    return settledAt < askedAt && !this.#told.has(id);
  }

  #tell(calls: readonly CallRecord[]): void {
    for (const { id } of calls) this.#told.set(id, true);
    this.counters.add('call_unhealed', calls.length);
    for (const { id, receivedAt } of calls.slice(0, MAX_NAMED)) {
      this.#logger.error(
        `Call ${id}, received ${new Date(receivedAt).toISOString()}, stays ambiguous: Meveto’s pending list does not name it. ` +
          `The person may still be signed in. Find out who it was, and call resolveCall('${id}', { userId }) or ` +
          `resolveCall('${id}', { discard: 'why' }). See docs/modes.md.`,
      );
    }
    const more = calls.length - MAX_NAMED;
    if (more > 0) {
      this.#logger.error(
        `${String(more)} more calls stay ambiguous. See listCalls({ state: 'ambiguous' }) and docs/modes.md.`,
      );
    }
  }
}
