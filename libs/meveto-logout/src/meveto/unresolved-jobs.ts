import { Inject, Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type JobRecord, type Store, STORE } from '../store/index.js';
import { JobEvents } from '../inbox/index.js';
import { Counters } from '../core/index.js';

const PAGE = 100;
const MAX_PAGES = 100;
/** Jobs that get a log line each. Further jobs are counted in one line. */
const MAX_LINES = 10;

/**
 * Reports ambiguous jobs that Meveto's list of pending webhooks did not resolve: each job once per process, after a poll that
 * began when the job was already ambiguous has read the whole list.
 */
@Injectable()
export class UnresolvedJobs {
  readonly #logger = new Logger('MevetoLogout');
  readonly #reported = new LRUCache<string, true>({ max: PAGE * MAX_PAGES });
  #isLooking = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(JobEvents) events: JobEvents,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    events.listRead$.subscribe((askedAt) => {
      if (!this.#isLooking) void this.#check(askedAt);
    });
  }

  async #check(askedAt: number): Promise<void> {
    this.#isLooking = true;
    try {
      const unresolved = (await this.#ambiguous()).filter((job) => this.#isNews(job, askedAt));
      if (unresolved.length > 0) this.#report(unresolved);
    } catch {
      // The store is unavailable: the jobs are reported after the next poll.
    } finally {
      this.#isLooking = false;
    }
  }

  async #ambiguous(): Promise<readonly JobRecord[]> {
    const found: JobRecord[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await this.store.inbox.list({ state: 'ambiguous', limit: PAGE, after });
      found.push(...page.jobs);
      after = page.next;
      if (after === undefined) break;
    }
    return found;
  }

  #isNews({ id, finishedAt = Infinity }: JobRecord, askedAt: number): boolean {
    return finishedAt < askedAt && !this.#reported.has(id);
  }

  #report(jobs: readonly JobRecord[]): void {
    for (const { id } of jobs) this.#reported.set(id, true);
    this.counters.add('job_unresolved', jobs.length);
    for (const { id, receivedAt } of jobs.slice(0, MAX_LINES)) {
      this.#logger.error(
        `Job ${id}, received ${new Date(receivedAt).toISOString()}, stays ambiguous: Meveto’s list of pending webhooks does not name it. ` +
          `The person may still be signed in. Find out who the person is, and call resolveJob('${id}', { userId }) or ` +
          `resolveJob('${id}', { discard: 'why' }). See docs/modes.md.`,
      );
    }
    const more = jobs.length - MAX_LINES;
    if (more > 0) {
      this.#logger.error(
        `${String(more)} more jobs stay ambiguous. See listJobs({ state: 'ambiguous' }) and docs/modes.md.`,
      );
    }
  }
}
