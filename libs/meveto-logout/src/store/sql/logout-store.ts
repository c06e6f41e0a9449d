import { UnknownUserError } from '../errors.js';
import type { ClaimedJob, NamedJob } from '../inbox-jobs.js';
import type { ApplyOutcome } from '../job.js';
import type { LogoutsSince, UserLogouts, Logout } from '../logout.js';
import { forgetLogoutRows, logoutRowsSince, overlapMs, publishStepBack } from './logout-rows.js';
import { applyLogout, applyProtectionRemoved, finishUnknown, usersOf } from './apply-answer.js';
import { type AnswerStore, applyLogouts, type Subject } from './apply-answers.js';
import { countUsers } from './count-users.js';
import type { AccessTokenTable, UserTable } from './host-tables.js';
import { logOutLinkedMeanwhile, withLaterLogouts } from './linked-users.js';
import { recordLogin } from './record-login.js';
import { resolveJob } from './resolve-job.js';
import { clockOf, type Script, type SqlEngine, UnrepresentableValueError } from './sql.js';
import type { Tables } from './tables.js';
import { UserBatches } from './user-batches.js';
import { UserRows } from './user-rows.js';

/**
 * The logouts and logins of the application's users, written in one transaction with its user and token rows.
 * @throws {StoreUnavailableError} from every method when the store does not answer.
 */
export class LogoutStore {
  readonly #store: AnswerStore;

  constructor(
    private readonly engine: SqlEngine,
    private readonly tables: Tables,
    private readonly users: UserTable,
    accessTokens: AccessTokenTable | undefined,
    private readonly digestSubject: (mevetoId: string) => string,
    private readonly earlierDigestsOfSubject: (mevetoId: string) => readonly string[] = () => [],
  ) {
    const { dialect } = engine;
    const rows = new UserRows(dialect, users, engine.events);
    const batches = new UserBatches(dialect, users, accessTokens, tables.logoutRows);
    this.#store = { dialect, tables, rows, batches };
  }

  /** The time that a login recorded now gets: later than each receipt and logout that this process knows. Epoch milliseconds. */
  now(): Promise<number> {
    return this.engine.read('read the clock', () => this.#now());
  }

  /**
   * Logs out the user with this Meveto ID and finishes the job, in one transaction. Sets last_logged_out to the later of
   * `job.occurredAt` and its present value, unless that value lies in the future. Revokes stored access tokens issued until then.
   * - If several users have the Meveto ID, all of them are logged out. The job keeps all their ids, the first one separately.
   * - A deleted user counts only if no other user has the Meveto ID.
   * - An answer that names the user counts even if the claim is lost, as long as the job is unfinished, ambiguous or expired: the
   *   token is used up, so no other attempt can get this answer.
   * - A repetition with the same claim and Meveto ID, after a lost answer of the commit, writes nothing and returns the same outcome.
   * @param committing called with each logout right before every try to commit: other processes can see the commit before
   * this process gets the answer
   */
  async applyLogout(
    job: ClaimedJob,
    mevetoId: string,
    committing: (logout: Logout) => void = () => undefined,
  ): Promise<ApplyOutcome> {
    const subject = this.#subject(mevetoId);
    const outcome = await this.#orUnknown(job, subject, 'log a user out', () =>
      applyLogout(this.#store, job, subject, committing),
    );
    const late = await this.#logOutLinkedMeanwhile(job, subject, outcome, committing);
    return withLaterLogouts(outcome, late);
  }

  /**
   * As `applyLogout` for many answers, all in one transaction that waits for no locked user. Leaves out each answer that needs a
   * transaction of its own: call `applyLogout` for it.
   * @returns the outcomes, by the ids of the jobs
   */
  async applyLogouts(
    answers: readonly NamedJob[],
    committing: (logout: Logout) => void = () => undefined,
  ): Promise<ReadonlyMap<string, ApplyOutcome>> {
    if (answers.length === 0) return new Map();
    const named = answers.map(({ job, mevetoId }) => ({ job, subject: this.#subject(mevetoId) }));
    const script = () => applyLogouts(this.#store, named, committing);
    // A locked row, such as an access token, must not use up the time of other jobs, in this transaction or in the next one.
    const lockWaitMs = Math.ceil(this.engine.timeoutMs / 8);
    try {
      return await this.engine.transaction('log users out', script, lockWaitMs);
    } catch (error) {
      // Not a row of these users is written: one of the Meveto IDs cannot be searched.
      if (error instanceof UnrepresentableValueError) return new Map();
      throw error;
    }
  }

  /** Clears the Meveto ID of each such user and finishes the job, in one transaction. Logs no user out. Repeatable as `applyLogout`. */
  async applyProtectionRemoved(job: ClaimedJob, mevetoId: string): Promise<ApplyOutcome> {
    const subject = this.#subject(mevetoId);
    return this.#orUnknown(job, subject, 'clear a Meveto ID', () =>
      applyProtectionRemoved(this.#store, job, subject),
    );
  }

  /**
   * Resolves an ambiguous or expired job for an operator: applies the job to this user and finishes the job, in one transaction.
   * Writes nothing if there is no such job (`claim-lost`) or no such user (`unknown-user`).
   */
  async resolve(
    jobId: string,
    userId: string,
    committing: (logout: Logout) => void = () => undefined,
  ): Promise<ApplyOutcome> {
    try {
      return await this.engine.transaction('resolve a job', () =>
        resolveJob(this.#store, jobId, userId, committing),
      );
    } catch (error) {
      if (error instanceof UnrepresentableValueError) return { kind: 'unknown-user' };
      throw error;
    }
  }

  /** The number of these ids that belong to users, deleted users included. Ids are compared exactly, as in the guard. */
  countUsers(userIds: readonly string[]): Promise<number> {
    return countUsers(this.engine, this.users, userIds);
  }

  /**
   * Logs a user out now, without a job. Sets last_logged_out, revokes stored access tokens and stores the reason, in one
   * transaction. This ends every session that has begun until then.
   * @param committing as for `applyLogout`
   * @returns the user's logout, and one for each other form of the id
   * @throws {UnknownUserError} if there is no such user.
   */
  async logOut(
    userId: string,
    reason: string,
    committing: (logout: Logout) => void = () => undefined,
  ): Promise<UserLogouts> {
    try {
      return await this.engine.transaction('log a user out', () => this.#logOut(userId, reason, committing));
    } catch (error) {
      throw error instanceof UnrepresentableValueError ? new UnknownUserError() : error;
    }
  }

  /** Logouts committed after `asOf` (0: all logouts), and those that a slow commit may have hidden from an earlier read. */
  async committedSince(asOf: number): Promise<LogoutsSince> {
    const { dialect, timeoutMs } = this.engine;
    const { logoutRows: table } = this.tables;
    const script = () => logoutRowsSince(dialect, table, asOf, overlapMs(timeoutMs));
    const { unpublished, ...logouts } = await this.engine.read('read logouts', script, asOf === 0);
    if (unpublished === undefined) return logouts;
    const publishing = this.engine.transaction('publish a clock step', () =>
      publishStepBack(dialect, table, unpublished),
    );
    // The next poll tries again.
    await publishing.catch(() => undefined);
    return logouts;
  }

  /**
   * Sets last_logged_in and resolves with the start of the session, epoch milliseconds: strictly after the user's last logout.
   * Without `authenticatedAt` the start is also strictly after each receipt and logout that this process knows. A last logout in
   * the application's row that lies in the future does not count.
   * @param mevetoId logouts of this Meveto ID count as well, also those that found no user or another user
   * @throws {LoginOutdatedError} if `authenticatedAt` is at or before the last logout.
   * @throws {UnknownUserError} if there is no such user.
   */
  async recordLogin(userId: string, authenticatedAt: number | undefined, mevetoId?: string): Promise<number> {
    const subjectDigests = mevetoId === undefined ? [] : this.#subject(mevetoId).digests;
    const login = { userId, authenticatedAt, subjectDigests };
    try {
      return await this.engine.transaction('record a login', () =>
        recordLogin(this.engine.dialect, this.tables, this.#store.rows, login),
      );
    } catch (error) {
      throw error instanceof UnrepresentableValueError ? new UnknownUserError() : error;
    }
  }

  /**
   * Deletes up to `limit` logouts at or before this time, because no session of this process can be older. Stores the time of the
   * latest deleted logout: another process, or this one with other options, may accept older sessions.
   */
  async forgetUntil(loggedOutAt: number, limit: number): Promise<void> {
    await this.engine.transaction('forget old logouts', () =>
      forgetLogoutRows(this.engine.dialect, this.tables.logoutRows, loggedOutAt, limit),
    );
  }

  *#now(): Script<number> {
    return this.engine.dialect.times.ofLogin(yield* clockOf(this.engine.dialect));
  }

  /** Runs a script. A Meveto ID that the application's column cannot hold belongs to no user. */
  async #orUnknown(
    job: ClaimedJob,
    subject: Subject,
    operation: string,
    script: () => Script<ApplyOutcome>,
  ): Promise<ApplyOutcome> {
    try {
      return await this.engine.transaction(operation, script);
    } catch (error) {
      if (!(error instanceof UnrepresentableValueError)) throw error;
      return this.engine.transaction(operation, () => finishUnknown(this.#store, job, subject));
    }
  }

  /** Logs out the users that were linked before the outcome was committed, and that the first search did not find. */
  async #logOutLinkedMeanwhile(
    job: ClaimedJob,
    subject: Subject,
    { kind }: ApplyOutcome,
    committing: (logout: Logout) => void,
  ): Promise<readonly Logout[]> {
    // While the row of the user is locked, a unique column accepts no other row with this Meveto ID.
    if (kind === 'ambiguous' || (kind === 'applied' && this.users.mevetoId.isUnique)) return [];
    const state = kind === 'applied' ? kind : 'unknown_user';
    const find = () => usersOf(this.#store, job, subject);
    try {
      return await this.engine.transaction('log a user out', () =>
        logOutLinkedMeanwhile(this.#store, job, state, find, committing),
      );
    } catch (error) {
      if (error instanceof UnrepresentableValueError) return [];
      throw error;
    }
  }

  #subject(mevetoId: string): Subject {
    return { mevetoId, digests: [this.digestSubject(mevetoId), ...this.earlierDigestsOfSubject(mevetoId)] };
  }

  *#logOut(userId: string, reason: string, committing: (logout: Logout) => void): Script<UserLogouts> {
    const user = yield* this.#store.rows.withId(userId);
    if (user === undefined) throw new UnknownUserError();
    // Read after the wait for the lock, so that sessions that began meanwhile end as well.
    const clock = yield* clockOf(this.engine.dialect);
    const at = this.engine.dialect.times.ofLogout(clock);
    const { logout, others = [] } = yield* this.#store.batches.logOutAll(
      [user],
      at,
      clock,
      committing,
      reason,
    );
    return [logout, ...others];
  }
}
