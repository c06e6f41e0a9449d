import { Inject, Injectable } from '@nestjs/common';
import { checkedUserId, MevetoEvents } from '../core/index.js';
import { inboxEvents } from './events.js';
import { JobNotResolvableError } from './errors.js';
import { type JobPage, type JobState, type Store, STORE, UnknownUserError } from '../store/index.js';
import { JobEvents } from './job-events.js';
import { LogoutService } from './logout.service.js';

const MAX_PAGE = 500;
const MAX_REASON_CHARS = 64;

export interface ListJobsOptions {
  readonly state: JobState;
  /**
   * Jobs per page. 1 to 500.
   * @defaultValue 50
   */
  readonly limit?: number;
  /** `next` of the previous page; left out for the first page. */
  readonly after?: string | undefined;
}

/** An operator's decision on a job: the user that it is for, or the reason why it needs no action. */
export type JobDecision = { readonly userId: string | number | bigint } | { readonly discard: string };

/** Shows jobs to an operator, and carries out the operator's decisions on jobs that cannot finish by themselves. */
@Injectable()
export class JobAdmin {
  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutService) private readonly logouts: LogoutService,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(MevetoEvents) private readonly emitter: MevetoEvents,
  ) {}

  list({ state, limit = 50, after }: ListJobsOptions): Promise<JobPage> {
    const most = Math.min(MAX_PAGE, Math.max(1, Math.floor(limit)));
    return this.store.inbox.list({ state, limit: most, after });
  }

  async resolve(id: string, decision: JobDecision): Promise<void> {
    if ('discard' in decision) await this.#discard(id, decision.discard);
    else await this.#resolveFor(id, checkedUserId('resolveJob', decision.userId));
  }

  async retry(id: string): Promise<boolean> {
    const isDue = await this.store.inbox.retryNow(id);
    if (isDue) this.events.arrived();
    return isDue;
  }

  async #discard(id: string, reason: string): Promise<void> {
    const kept = `operator: ${reason}`.slice(0, MAX_REASON_CHARS);
    if (!(await this.store.inbox.discard(id, kept))) throw new JobNotResolvableError();
    this.emitter.emit(inboxEvents.MEVETO_JOB_DISCARDED, { jobId: id });
  }

  async #resolveFor(id: string, userId: string): Promise<void> {
    const { kind } = await this.logouts.resolve(id, userId);
    if (kind === 'claim-lost') throw new JobNotResolvableError();
    if (kind === 'unknown-user') throw new UnknownUserError();
    this.emitter.emit(inboxEvents.MEVETO_JOB_RESOLVED, { jobId: id, userId });
  }
}
