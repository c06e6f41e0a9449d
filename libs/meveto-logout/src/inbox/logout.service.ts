import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  type ApplyOutcome,
  type ClaimedJob,
  LOGOUT,
  type Logout,
  MAX_USERS,
  UNLINK,
  type Store,
  STORE,
  userIdsIn,
} from '../store/index.js';
import { OneWarning } from '../core/index.js';
import { JobEvents } from './job-events.js';
import { LogoutBatches } from './logout-batches.js';
import { LogoutCache } from '../logouts/index.js';

/** Carries out a job once its person is known: first records the change, then announces it. */
@Injectable()
export class LogoutService {
  readonly #logger = new Logger('MevetoLogout');
  readonly #several = new OneWarning(
    'Several users have the same Meveto ID. A job for this ID logs all of them out, or clears the ID for all of them. Make ' +
      'the column unique. See docs/tables.md.',
  );

  readonly #batches: LogoutBatches;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(JobEvents) private readonly events: JobEvents,
  ) {
    this.#batches = new LogoutBatches(store, (logout) => {
      cache.expect(logout);
    });
  }

  /** @throws {StoreUnavailableError} when nothing was recorded: try again. */
  async apply(job: ClaimedJob, mevetoId: string): Promise<ApplyOutcome> {
    const outcome = await this.#carryOut(job, mevetoId);
    if (outcome.kind === 'ambiguous') this.#logAmbiguous(job);
    this.#announce(job.id, outcome);
    return outcome;
  }

  #carryOut(job: ClaimedJob, mevetoId: string): Promise<ApplyOutcome> {
    switch (job.kind) {
      case LOGOUT:
        return this.#batches.apply(job, mevetoId);
      case UNLINK:
        return this.store.logoutStore.applyProtectionRemoved(job, mevetoId);
    }
  }

  /**
   * Carries out an ambiguous or expired job for a user that an operator names.
   * @throws {StoreUnavailableError} when nothing was recorded: try again.
   */
  async resolve(jobId: string, userId: string): Promise<ApplyOutcome> {
    const outcome = await this.store.logoutStore.resolve(jobId, userId, (logout) => {
      this.cache.expect(logout);
    });
    this.#announce(jobId, outcome);
    return outcome;
  }

  /**
   * The application's own logout.
   * @throws {UnknownUserError} when there is no such user.
   * @throws {StoreUnavailableError} when nothing was recorded: try again.
   */
  async logOut(userId: string, reason: string): Promise<Logout> {
    const logouts = await this.store.logoutStore.logOut(userId, reason, (logout) => {
      this.cache.expect(logout);
    });
    this.#logger.log(`A user was logged out by the application, for the reason '${reason}'.`);
    for (const logout of logouts) this.cache.learn(logout, 'own-commit');
    return logouts[0];
  }

  #announce(jobId: string, outcome: ApplyOutcome): void {
    if (outcome.kind === 'applied') {
      for (const logout of logoutsOf(outcome)) this.cache.learn(logout, 'own-commit');
    }
    if (outcome.kind === 'unlinked') {
      for (const userId of userIdsIn(outcome)) this.#unlinked(jobId, userId);
    }
    if (isOfSeveral(outcome)) this.#several.pass();
  }

  /** Anyone with a person's token can remove the protection, so the line names the job. No log contains the Meveto ID. */
  #unlinked(jobId: string, userId: string): void {
    this.#logger.log(
      `Job ${jobId} removed Meveto's protection: the Meveto ID of user ${JSON.stringify(userId)} is cleared. Logouts at Meveto do not ` +
        'reach this user until the account is connected again.',
    );
    this.events.protectionRemoved(userId);
  }

  #logAmbiguous({ id }: ClaimedJob): void {
    this.#logger.error(
      `Job ${id} is ambiguous: more than ${String(MAX_USERS)} users have its Meveto ID, and none of their rows was changed. ` +
        'Clear the Meveto ID of users with a wrong one, make the column unique, and resolve the job. See docs/tables.md.',
    );
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
