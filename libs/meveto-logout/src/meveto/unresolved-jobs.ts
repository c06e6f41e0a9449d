import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type JobRecord, type Store, STORE } from '../store/index.js';
import { JobEvents } from '../inbox/index.js';
import { MevetoEvents } from '../core/index.js';
import { mevetoEvents } from './events.js';

const PAGE = 100;
const MAX_PAGES = 100;

/**
 * Reports ambiguous jobs that Meveto's list of pending webhooks did not resolve: each job once per process, after a poll that
 * began when the job was already ambiguous has read the whole list.
 */
@Injectable()
export class UnresolvedJobs {
  readonly #reported = new LRUCache<string, true>({ max: PAGE * MAX_PAGES });
  #isLooking = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(JobEvents) events: JobEvents,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
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
    for (const { id, receivedAt } of jobs) {
      this.#reported.set(id, true);
      this.emitter.emit(mevetoEvents.MEVETO_JOB_UNRESOLVED, { jobId: id, receivedAt });
    }
  }
}
