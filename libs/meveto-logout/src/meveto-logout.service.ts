import { Inject, Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { CallState } from './model/call.js';
import type { CallPage } from './model/call-record.js';
import type { AnnouncedLogout } from './model/logout.js';
import { CallDesk, type CallDecision, type ListCallsOptions } from './logout/call-desk.js';
import { LoginRecorder } from './logout/login-recorder.js';
import { KnownLogouts } from './logout/known-logouts.js';
import { Counters, type Counted } from './observe/counters.js';
import { Reconciler } from './reconcile/reconciler.js';
import { SIGNED_IN_AT_CLAIM } from './session/signed-in-at-claim.js';
import type { Store } from './store/store.port.js';
import { STORE } from './tokens.js';

export interface RecordLoginOptions {
  /**
   * When the person proved who they are, epoch milliseconds of the store's clock (`now()`): for a login with Meveto, taken
   * right before the code is exchanged. A logout that came in since then refuses the login, or ends its session.
   *
   * For a token that takes another one's place: the `signedInAt` of the old one. The new one begins when the old one did.
   * @defaultValue now
   */
  readonly authenticatedAt?: number;
  /**
   * The Meveto ID that the person proved, with `authenticatedAt`: needed where it may have been linked to the user since
   * then. A logout that came in while it was nobody's refuses the login as well.
   * @defaultValue only logouts of the user count
   */
  readonly mevetoId?: string;
}

export interface RecordedLogin {
  /** When the session or token begins, epoch milliseconds: put it there. Strictly after the user's last logout. */
  readonly signedInAt: number;
  /** The same as claims of a JWT: `jwtService.sign({ sub, ...claims })`. `iat` would have whole seconds only. */
  readonly claims: { readonly [SIGNED_IN_AT_CLAIM]: number };
}

/** What an operator wants to know. Durations in milliseconds, instants in epoch milliseconds. */
export interface MevetoLogoutStatus {
  /** Inbox rows by state, over all replicas. */
  readonly calls: Readonly<Record<CallState, number>>;
  readonly oldestPendingAgeMs: number | undefined;
  /** Age of this process's knowledge of logouts. */
  readonly knowledgeAgeMs: number;
  readonly reconciler: {
    readonly lastSuccessAt: number | undefined;
    readonly lastFailureAt: number | undefined;
  };
  /** Counted since this process started. */
  readonly counters: Readonly<Record<Counted, number>>;
}

/** What the application calls. */
@Injectable()
export class MevetoLogoutService {
  /** Every logout, once per process, when this process learns of it: after its commit. */
  readonly logouts$: Observable<AnnouncedLogout>;
  readonly #recorder: LoginRecorder;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(Reconciler) private readonly reconciler: Reconciler,
    @Inject(CallDesk) private readonly desk: CallDesk,
    @Inject(Counters) private readonly counters: Counters,
  ) {
    this.logouts$ = known.logouts$;
    this.#recorder = new LoginRecorder((userId) => store.register.recordLogin(userId, undefined));
  }

  /**
   * Records a login and says when its session begins.
   * @throws {LoginOutdatedError} when `authenticatedAt` is at or before the user's last logout, or that of the
   * `mevetoId`: ask them to log in again.
   * @throws {UnknownUserError} when there is no such user.
   * @throws {StoreUnavailableError} when nothing was recorded.
   * @throws {TypeError} when `authenticatedAt` is no time in whole epoch milliseconds.
   */
  async recordLogin(
    userId: string | number | bigint,
    options: RecordLoginOptions = {},
  ): Promise<RecordedLogin> {
    const { authenticatedAt, mevetoId } = options;
    if (authenticatedAt !== undefined) checkInstant(authenticatedAt);
    const signedInAt = await (authenticatedAt === undefined
      ? this.#recorder.record(String(userId))
      : this.store.register.recordLogin(String(userId), authenticatedAt, mevetoId));
    return { signedInAt, claims: { [SIGNED_IN_AT_CLAIM]: signedInAt } };
  }

  /** The store's clock, epoch milliseconds. */
  now(): Promise<number> {
    return this.store.register.now();
  }

  /** Asks Meveto for pending calls now. Resolves when it is done, also when Meveto could not be reached. */
  async reconcileNow(): Promise<void> {
    await this.reconciler.run();
  }

  /**
   * Calls are counted up to 100 000 in each state.
   * @throws {StoreUnavailableError} when the store cannot be read.
   */
  async status(): Promise<MevetoLogoutStatus> {
    const { calls, oldestPendingAgeMs } = await this.store.inbox.summary();
    return {
      calls,
      oldestPendingAgeMs,
      knowledgeAgeMs: this.known.ageMs(),
      reconciler: this.reconciler.status(),
      counters: this.counters.all(),
    };
  }

  /**
   * Calls in one state, latest first: never their tokens.
   * @throws {StoreUnavailableError} when the store cannot be read.
   */
  listCalls(options: ListCallsOptions): Promise<CallPage> {
    return this.desk.list(options);
  }

  /**
   * Ends an ambiguous or expired call: for a user, as if Meveto had named them (logged out as of the call's receipt, and
   * announced), or as rejected with `{ discard: reason }`. Tell nobody's secrets in the reason: it is stored as it is.
   * @throws {CallNotResolvableError} when there is no such call, or it has ended otherwise.
   * @throws {UnknownUserError} when there is no such user.
   * @throws {StoreUnavailableError} when nothing was recorded.
   */
  resolveCall(id: string, decision: CallDecision): Promise<void> {
    return this.desk.resolve(id, decision);
  }

  /**
   * Lets a call that waits after a failed attempt be tried now. False when there is no such call: it has ended, is being
   * worked on, or its token is in the memory of one process only.
   * @throws {StoreUnavailableError} when nothing was recorded.
   */
  retryCall(id: string): Promise<boolean> {
    return this.desk.retry(id);
  }
}

/** Whole epoch milliseconds; what lies before 1973 was meant as seconds. */
function checkInstant(authenticatedAt: number): void {
  if (Number.isSafeInteger(authenticatedAt) && authenticatedAt >= 100_000_000_000) return;
  throw new TypeError(
    `recordLogin: authenticatedAt is ${String(authenticatedAt)}. Give whole epoch milliseconds: of seconds, as in the claim ` +
      'auth_time, 1,000 times as many; of a fraction, its floor.',
  );
}
