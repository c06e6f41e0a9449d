import { Inject, Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import {
  type AnnouncedLogout,
  BY_MEVETO,
  type JobPage,
  type JobState,
  type Store,
  STORE,
} from './store/index.js';
import type { Observed } from './observe/index.js';
import {
  LoginRecorder,
  type SessionState,
  type SessionToCheck,
  SIGNED_IN_AT_CLAIM,
} from './sessions/index.js';
import { ManualSessionChecks } from './guard/index.js';
import { type JobDecision, JobAdmin, type ListJobsOptions, LogoutService } from './inbox/index.js';
import { LogoutCache } from './logouts/index.js';
import { checkedUserId, MevetoEvents } from './core/index.js';
import type { MevetoEvent } from './events.js';
import { MevetoReconciler } from './meveto/index.js';
import { type MevetoLogoutProcessStatus, ProcessState } from './process-state.js';

export interface RecordLoginOptions {
  /**
   * When the user authenticated, epoch milliseconds of the store's clock (`now()`). For a login with Meveto: the time
   * right before the code is exchanged. A logout that arrived since then refuses the login or ends its session.
   *
   * For a token that replaces another one: the `signedInAt` of the old token. The new token then begins when the old
   * one did.
   * @defaultValue now
   */
  readonly authenticatedAt?: number;
  /**
   * The Meveto ID of the login, together with `authenticatedAt`. Needed if the Meveto ID may have been linked to the
   * user since then: a logout that arrived before the link also refuses the login.
   * @defaultValue only logouts of the user count
   */
  readonly mevetoId?: string;
}

export interface RecordedLogin {
  /**
   * Start of the session or token, epoch milliseconds, strictly after the user's last logout. Store it in the session
   * or token.
   */
  readonly signedInAt: number;
  /** The start as claims of a JWT: `jwtService.sign({ sub, ...claims })`. `iat` has whole seconds only. */
  readonly claims: { readonly [SIGNED_IN_AT_CLAIM]: number };
}

export interface LogOutOptions {
  /**
   * Reason for logs, metrics and pages: 1 to 32 of the characters a to z and `-`. `meveto` is reserved for logouts that
   * Meveto asks for.
   * @defaultValue 'application'
   */
  readonly reason?: string;
}

export interface RecordedLogout {
  /**
   * Epoch milliseconds of the store's clock. Every session and token of the user that began at or before this time is
   * over. Later than now only if a later logout was already recorded.
   */
  readonly loggedOutAt: number;
}

/** The state of the module for operators. Durations in milliseconds, instants in epoch milliseconds. */
export interface MevetoLogoutStatus extends MevetoLogoutProcessStatus {
  /** Number of jobs in the inbox by state, over all replicas. */
  readonly calls: Readonly<Record<JobState, number>>;
  readonly oldestPendingAgeMs: number | undefined;
}

/** The programming interface of the module. */
@Injectable()
export class MevetoLogoutService implements Observed {
  /**
   * What happens in this process, from the subscription on: see docs/events.md. Emits in the turn in which it happens, so keep
   * observers short. An observer that throws is reported in the log, and disturbs nobody.
   */
  readonly events$: Observable<MevetoEvent>;
  /**
   * Emits every logout once per process, after its commit, when this process learns of it. An observer that throws is reported in the
   * log, and disturbs nobody.
   */
  readonly logouts$: Observable<AnnouncedLogout>;
  readonly #recorder: LoginRecorder;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutCache) cache: LogoutCache,
    @Inject(MevetoReconciler) private readonly reconciler: MevetoReconciler,
    @Inject(JobAdmin) private readonly admin: JobAdmin,
    @Inject(LogoutService) private readonly logouts: LogoutService,
    @Inject(ManualSessionChecks) private readonly checks: ManualSessionChecks,
    @Inject(ProcessState) private readonly state: ProcessState,
    @Inject(MevetoEvents) events: MevetoEvents,
  ) {
    this.events$ = events.all$ as Observable<MevetoEvent>;
    this.logouts$ = events.protect(cache.logouts$);
    this.#recorder = new LoginRecorder((userId) => store.logoutStore.recordLogin(userId, undefined));
  }

  /**
   * Records a login and returns the start of its session.
   * @throws {LoginOutdatedError} when `authenticatedAt` is at or before the last logout of the user or of the
   * `mevetoId`: ask the user to log in again
   * @throws {UnknownUserError} when there is no such user
   * @throws {StoreUnavailableError} when nothing was recorded
   * @throws {TypeError} when `userId` identifies no user, such as an array or object, or when `authenticatedAt` is not
   * in whole epoch milliseconds
   */
  async recordLogin(
    userId: string | number | bigint,
    options: RecordLoginOptions = {},
  ): Promise<RecordedLogin> {
    const { authenticatedAt, mevetoId } = options;
    const id = checkedUserId('recordLogin', userId);
    if (authenticatedAt !== undefined) checkInstant(authenticatedAt);
    const signedInAt = await (authenticatedAt === undefined
      ? this.#recorder.record(id)
      : this.store.logoutStore.recordLogin(id, authenticatedAt, mevetoId));
    return { signedInAt, claims: { [SIGNED_IN_AT_CLAIM]: signedInAt } };
  }

  /**
   * Whether a session or token is live, by the same rules and the same cache as the guard. Synchronous. A user who was
   * never logged out is 'live'. Returns 'unknown' before the first load, and when the store has not answered for longer
   * than `maxStalenessMs`: refuse such a request, unless the route may serve ended sessions.
   * @throws {TypeError} when `userId` identifies no user, or `signedInAt` is not in milliseconds
   */
  sessionState(session: SessionToCheck): SessionState {
    return this.checks.stateOf(session);
  }

  /**
   * Returns for a live session and throws for an ended one. The option `logoutState.onUnknown` decides about unknown
   * states. Over HTTP, both exceptions give the answer `{ statusCode, reason, message }`.
   * @param response of the HTTP request, if any: gets `Cache-Control`, and `WWW-Authenticate` or `Retry-After`
   * @throws {LoggedOutException} 401: the session is over, with the reason `logged-out` or `expired`
   * @throws {LogoutStateUnknownException} 503: the logout state is unknown at the moment
   * @throws {TypeError} as for `sessionState`
   */
  assertLive(session: SessionToCheck, response?: object): void {
    this.checks.assertLive(session, response);
  }

  /**
   * Logs a user out everywhere: every session and token that began until now is over, including the caller's own. For
   * example after a password change, a ban or a theft. When the promise resolves, this process refuses those sessions;
   * other replicas and open pages learn of it as of any logout.
   *
   * Runs in a transaction of the module. Call this method after the commit of your own transaction: a rollback of your
   * transaction does not undo the logout. Inside your transaction, the logout may wait for your own lock until
   * `storeTimeoutMs` passes (on SQLite always).
   * @throws {UnknownUserError} when there is no such user
   * @throws {StoreUnavailableError} when it is not certain that the logout was recorded: call it again
   * @throws {TypeError} when `userId` identifies no user, or the reason is not valid
   */
  async logOut(
    userId: string | number | bigint,
    { reason = 'application' }: LogOutOptions = {},
  ): Promise<RecordedLogout> {
    const id = checkedUserId('logOut', userId);
    checkReason(reason);
    const { loggedOutAt } = await this.logouts.logOut(id, reason);
    return { loggedOutAt };
  }

  /**
   * The current time for `authenticatedAt`, epoch milliseconds: the store's clock, but later than every receipt and
   * logout that this process knows, even if the clock has stepped back.
   * @see docs/time.md
   * @throws {StoreUnavailableError} when the store does not answer
   */
  now(): Promise<number> {
    return this.store.logoutStore.now();
  }

  /** Asks Meveto for pending webhooks now. Resolves after the attempt, even if Meveto did not answer. */
  async reconcileNow(): Promise<void> {
    await this.reconciler.run();
  }

  /**
   * The state of the module. Jobs are counted up to 100 000 in each state.
   * @throws {StoreUnavailableError} when the store cannot be read
   */
  async status(): Promise<MevetoLogoutStatus> {
    const { jobs, oldestPendingAgeMs } = await this.store.inbox.summary();
    return { calls: jobs, oldestPendingAgeMs, ...this.processStatus() };
  }

  /** The part of `status()` that is about this process. Needs no store. */
  processStatus(): MevetoLogoutProcessStatus {
    return this.state.read();
  }

  /**
   * Lists the jobs in one state, latest first, without their tokens.
   * @throws {StoreUnavailableError} when the store cannot be read
   */
  listJobs(options: ListJobsOptions): Promise<JobPage> {
    return this.admin.list(options);
  }

  /**
   * Finishes an ambiguous or expired job. With a user: logs the user out as of the job's receipt, as if Meveto had named
   * the user, and announces the logout. With `{ discard: reason }`: rejects the job. The reason is stored as given: put no
   * secret in it.
   * @throws {JobNotResolvableError} when there is no such job, or it has another outcome
   * @throws {UnknownUserError} when there is no such user
   * @throws {StoreUnavailableError} when nothing was recorded
   * @throws {TypeError} when `userId` identifies no user
   */
  resolveJob(id: string, decision: JobDecision): Promise<void> {
    return this.admin.resolve(id, decision);
  }

  /**
   * Makes a job that waits after a failed attempt due now. Returns false when there is no such job: it is finished,
   * leased, or its token is in the memory of one process only.
   * @throws {StoreUnavailableError} when nothing was recorded
   */
  retryJob(id: string): Promise<boolean> {
    return this.admin.retry(id);
  }
}

/** The reason appears in logs and events: do not allow free text. */
function checkReason(reason: unknown): void {
  if (typeof reason === 'string' && /^[a-z-]{1,32}$/.test(reason) && reason !== BY_MEVETO) return;
  throw new TypeError(
    "logOut: the reason is not valid. Give 1 to 32 of the characters a to z and '-', such as 'password-change'; " +
      `'${BY_MEVETO}' is reserved.`,
  );
}

/** Checks for whole epoch milliseconds. Refuses values before 1973 as seconds. */
function checkInstant(authenticatedAt: number): void {
  if (Number.isSafeInteger(authenticatedAt) && authenticatedAt >= 100_000_000_000) return;
  throw new TypeError(
    `recordLogin: authenticatedAt is ${String(authenticatedAt)}. Give whole epoch milliseconds: multiply seconds, as in the claim ` +
      'auth_time, by 1,000, and round fractions down.',
  );
}
