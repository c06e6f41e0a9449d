import {
  type ApplyOutcome,
  type ClaimedJob,
  type Logout,
  type NamedJob,
  type Store,
  WriteBatches,
} from '../store/index.js';

/** Writes logouts in batches. */
export class LogoutBatches {
  readonly #batches: WriteBatches<NamedJob, ApplyOutcome>;

  /** @param committing called with each logout right before every try to commit */
  constructor(store: Store, committing: (logout: Logout) => void) {
    this.#batches = new WriteBatches<NamedJob, ApplyOutcome>({
      write: async (answers) => {
        const outcomes = await store.logoutStore.applyLogouts(answers, committing);
        return answers.map(({ job }) => outcomes.get(job.id));
      },
      alone: ({ job, mevetoId }) => store.logoutStore.applyLogout(job, mevetoId, committing),
    });
  }

  /** @throws {StoreUnavailableError} when nothing was recorded: try again. */
  apply(job: ClaimedJob, mevetoId: string): Promise<ApplyOutcome> {
    return this.#batches.add({ job, mevetoId });
  }
}
