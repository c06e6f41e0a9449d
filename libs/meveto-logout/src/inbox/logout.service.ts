import { Inject, Injectable } from '@nestjs/common';
import {
  type ApplyOutcome,
  type ClaimedJob,
  LOGOUT,
  type Logout,
  type NamedJob,
  UNLINK,
  type Store,
  STORE,
  userIdsIn,
  WriteBatches,
} from '../store/index.js';
import { MevetoEvents } from '../core/index.js';
import { inboxEvents } from './events.js';
import { LogoutCache } from '../logouts/index.js';

/** Carries out a job once its person is known: first records the change, then announces it. */
@Injectable()
export class LogoutService {
  readonly #batches = new WriteBatches<NamedJob, ApplyOutcome>({
    write: async (answers) => {
      const outcomes = await this.store.logoutStore.applyLogouts(answers, this.#committing);
      return answers.map(({ job }) => outcomes.get(job.id));
    },
    alone: ({ job, mevetoId }) => this.store.logoutStore.applyLogout(job, mevetoId, this.#committing),
  });
  /** Called with each logout right before every try to commit. */
  readonly #committing = (logout: Logout): void => {
    this.cache.expect(logout);
  };

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  /** @throws {StoreUnavailableError} when nothing was recorded: try again. */
  async apply(job: ClaimedJob, mevetoId: string): Promise<ApplyOutcome> {
    const outcome = await this.#carryOut(job, mevetoId);
    this.#announce(job.id, outcome);
    return outcome;
  }

  #carryOut(job: ClaimedJob, mevetoId: string): Promise<ApplyOutcome> {
    switch (job.kind) {
      case LOGOUT:
        return this.#batches.add({ job, mevetoId });
      case UNLINK:
        return this.store.logoutStore.applyProtectionRemoved(job, mevetoId);
    }
  }

  /**
   * Carries out an ambiguous or expired job for a user that an operator names.
   * @throws {StoreUnavailableError} when nothing was recorded: try again.
   */
  async resolve(jobId: string, userId: string): Promise<ApplyOutcome> {
    const outcome = await this.store.logoutStore.resolve(jobId, userId, this.#committing);
    this.#announce(jobId, outcome);
    return outcome;
  }

  /**
   * The application's own logout.
   * @throws {UnknownUserError} when there is no such user.
   * @throws {StoreUnavailableError} when nothing was recorded: try again.
   */
  async logOut(userId: string, reason: string): Promise<Logout> {
    const logouts = await this.store.logoutStore.logOut(userId, reason, this.#committing);
    for (const logout of logouts) this.cache.learn(logout, 'own-commit');
    const [{ loggedOutAt }] = logouts;
    this.events.emit(inboxEvents.MEVETO_APPLICATION_LOGOUT, { userId, reason, loggedOutAt });
    return logouts[0];
  }

  #announce(jobId: string, outcome: ApplyOutcome): void {
    if (outcome.kind === 'applied') {
      for (const logout of logoutsOf(outcome)) this.cache.learn(logout, 'own-commit');
    }
    if (outcome.kind === 'unlinked') {
      this.events.emit(inboxEvents.MEVETO_PROTECTION_REMOVED, { jobId, userIds: userIdsIn(outcome) });
    }
    if (isOfSeveral(outcome)) this.events.emit(inboxEvents.MEVETO_SEVERAL_USERS);
  }
}

const logoutsOf = ({
  logout,
  others = [],
}: Extract<ApplyOutcome, { kind: 'applied' }>): readonly Logout[] => [logout, ...others];

/** A column may return one id in two forms: with padding spaces and without. */
function isOfSeveral(outcome: ApplyOutcome): boolean {
  return new Set(userIdsIn(outcome).map((userId) => userId.trimEnd())).size > 1;
}
