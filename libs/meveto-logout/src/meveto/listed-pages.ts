import { type JobEvents, type TokenStorage, InboxFullError, type WithToken } from '../inbox/index.js';
import type { KeyedDigest, MevetoEvents } from '../core/index.js';
import { mevetoEvents } from './events.js';
import { isolated, type ListedJob, type OpenedJobs } from '../store/index.js';
import type { PendingWebhook, PendingPage } from './pending-webhooks.port.js';
import { isMissedDelivery } from './missed-delivery.js';

const STORE_BATCH = 200;
const MIN_STORE_BATCH = 10;
const PRIORITY_FULL =
  'Too many jobs from Meveto’s list of pending webhooks are waiting. The other listed webhooks are requested again automatically. ' +
  'If this continues, raise inbox.perSecond or inbox.maxWaitingPerPriority.';

/** Stores listed webhooks as jobs in the inbox, page by page. */
export class ListedPages {
  /** Jobs per transaction. Halved after a transaction that did not finish in time. */
  #batch = STORE_BATCH;

  constructor(
    private readonly tokens: TokenStorage,
    private readonly digests: KeyedDigest,
    private readonly events: JobEvents,
    private readonly emitter: MevetoEvents,
    private readonly storeTimeoutMs: number,
  ) {}

  /**
   * Stores the listed webhooks of a page as jobs.
   * @param mayContinue called between two transactions: false when this process stops or has lost the lease
   * @returns the number of missed deliveries on this page; undefined when `mayContinue` returned false
   * @throws {InboxFullError} when the priority has no room for more jobs
   */
  async store(page: PendingPage, mayContinue: () => Promise<boolean>): Promise<number | undefined> {
    if (page.skippedCount > 0)
      this.emitter.emit(mevetoEvents.MEVETO_LIST_ENTRIES_SKIPPED, { count: page.skippedCount });
    const late = page.webhooks.filter((webhook) => isMissedDelivery(webhook, Date.now()));
    const recent = page.webhooks.filter((webhook) => !late.includes(webhook));
    // The request of a recent webhook may still be on its way.
    const newRecent = await this.#store(recent, mayContinue);
    const newLate = await this.#store(late, mayContinue);
    return newRecent === undefined ? undefined : newLate;
  }

  /** Returns the number of new jobs; undefined when `mayContinue` returned false. */
  async #store(
    webhooks: readonly PendingWebhook[],
    mayContinue: () => Promise<boolean>,
  ): Promise<number | undefined> {
    const opened = { newCount: 0, reopenedCount: 0 };
    // One transaction for a long page would block all other work of the store, and might never finish in time.
    const size = this.#batch;
    let start = 0;
    while (start < webhooks.length) {
      if (start > 0 && !(await mayContinue())) return undefined;
      const some = webhooks.slice(start, start + Math.min(size, await this.#room()));
      const { newCount, reopenedCount } = await this.#storeSome(
        some.map((webhook) => this.#digested(webhook)),
      );
      opened.newCount += newCount;
      opened.reopenedCount += reopenedCount;
      start += some.length;
    }
    const openCount = opened.newCount + opened.reopenedCount;
    if (openCount === 0) return 0;
    this.emitter.emit(mevetoEvents.MEVETO_RECONCILE_OPENED_JOBS, { count: openCount });
    this.events.arrived();
    return opened.newCount;
  }

  /**
   * Returns how many more jobs the priority has room for. Meveto keeps the other webhooks on its list.
   * @throws {InboxFullError} when there is no room
   */
  async #room(): Promise<number> {
    const room = await this.tokens.roomForListed();
    if (room === 0) throw new InboxFullError(PRIORITY_FULL);
    return room;
  }

  /** Each job takes several round trips to the database: a distant database stores fewer jobs in time. */
  async #storeSome(jobs: readonly WithToken<ListedJob>[]): Promise<OpenedJobs> {
    const begunAt = performance.now();
    try {
      const { results, failed } = await isolated(jobs, (some) => this.tokens.storeListed(some));
      if (failed.length > 0)
        this.emitter.emit(mevetoEvents.MEVETO_LISTED_NOT_STORED, { count: failed.length });
      return results.reduce(
        (sum, { newCount, reopenedCount }) => ({
          newCount: sum.newCount + newCount,
          reopenedCount: sum.reopenedCount + reopenedCount,
        }),
        { newCount: 0, reopenedCount: 0 },
      );
    } catch (error) {
      const isLate = performance.now() - begunAt >= this.storeTimeoutMs;
      if (isLate) this.#batch = Math.max(MIN_STORE_BATCH, Math.ceil(this.#batch / 2));
      throw error;
    }
  }

  #digested({ id, kind, token, createdAt }: PendingWebhook): WithToken<ListedJob> {
    const digest = this.digests.ofToken(token.reveal());
    const earlierDigests = this.digests.earlierOfToken(token.reveal());
    return {
      sourceId: id,
      kind,
      digest,
      earlierDigests,
      token,
      priority: 'listed',
      sender: undefined,
      createdAt,
    };
  }
}
