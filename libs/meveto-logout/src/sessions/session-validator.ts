import { Inject, Injectable } from '@nestjs/common';
import { Clock, Counters } from '../core/index.js';
import { LogoutCache, LOGOUTS_OPTIONS, type ResolvedLogouts } from '../logouts/index.js';
import { type ResolvedSessions, SESSIONS_OPTIONS } from './options.js';
import { ReaderAudit } from './reader-audit.js';
import type { SessionFacts } from './session.js';

/** Why a session is over. */
export type RefusalReason = 'logged-out' | 'expired';

/** A session that is over. */
export interface SessionOver {
  readonly reason: RefusalReason;
  /** The reason of the logout that ended the session, `meveto` for Meveto's; undefined if no logout did. */
  readonly cause?: string | undefined;
}

/** Why sessions are refused. */
export type SessionRefusal = SessionOver | { readonly reason: 'logout-state-unknown' };

/** Whether a session is live, and if not, why. `unknown`: the logout state is too old. */
export type SessionState = 'live' | 'unknown' | RefusalReason;

/** The logouts that this process knows. */
export interface LogoutState {
  loggedOutAt(userId: string): number | undefined;
  /** The latest logout that was forgotten: logouts of sessions that began at or before it may be missing. */
  readonly forgottenUntil: number;
}

/**
 * Returns why a session is over; undefined while it is live. A session is over if it began
 * - at or before its user's last logout,
 * - more than `maxSessionAgeMs` ago, since logouts are kept for that long,
 * - at or before the latest forgotten logout, since another process may keep logouts for less long,
 * - at an unknown time, and its user was ever logged out.
 */
export function refusalOf(
  session: SessionFacts,
  known: LogoutState,
  now: number,
  maxSessionAgeMs: number,
): RefusalReason | undefined {
  const loggedOutAt = known.loggedOutAt(String(session.userId));
  const { signedInAt } = session;
  if (signedInAt === undefined || !Number.isFinite(signedInAt)) {
    return loggedOutAt === undefined ? undefined : 'logged-out';
  }
  if (loggedOutAt !== undefined && signedInAt <= loggedOutAt) return 'logged-out';
  const isForgotten = signedInAt <= known.forgottenUntil;
  return isForgotten || signedInAt < now - maxSessionAgeMs ? 'expired' : undefined;
}

/**
 * Decides from memory whether sessions are live, logged out, expired or unknown. The only place that does: for requests, messages,
 * handshakes, open connections, the routes of browsers and the application's own code.
 */
@Injectable()
export class SessionValidator {
  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(LOGOUTS_OPTIONS) private readonly logoutsOptions: ResolvedLogouts,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(ReaderAudit) private readonly audit: ReaderAudit,
  ) {}

  /**
   * Returns why these sessions are refused; undefined if they may pass. One session that is over is enough for a refusal. No
   * sessions may pass: the application's own guard decides about requests without a session. Counts sessions and refusals.
   * @param stalenessLimitMs how old the logout state may be, in milliseconds; by default as `logoutState.onUnknown` says
   */
  validate(
    sessions: readonly SessionFacts[],
    stalenessLimitMs = this.options.stalenessLimitMs,
  ): SessionRefusal | undefined {
    if (sessions.length === 0) return undefined;
    this.audit.read(sessions);
    const over = this.firstOver(sessions);
    if (over !== undefined) {
      this.counters.add('guard_refused');
      if (over.signedInAt === undefined) this.audit.refusedWithoutStart();
      return this.overOf(over);
    }
    if (this.#isKnown(stalenessLimitMs)) return undefined;
    this.counters.add('guard_state_unknown');
    return { reason: 'logout-state-unknown' };
  }

  /**
   * As `validate`, for the handshakes of live push: counts no refusal, since an ended session may connect to be notified.
   */
  refusalOf(sessions: readonly SessionFacts[]): SessionRefusal | undefined {
    const over = this.firstOver(sessions);
    if (over !== undefined) return this.overOf(over);
    return this.#isKnown(this.options.stalenessLimitMs) ? undefined : { reason: 'logout-state-unknown' };
  }

  /** The state of this session, regardless of the policy `logoutState.onUnknown`. */
  stateOf(session: SessionFacts): SessionState {
    return this.#reasonOf(session) ?? (this.#isKnown(this.options.maxStalenessMs) ? 'live' : 'unknown');
  }

  /** Whether this session is over. A session whose state is unknown is not. */
  isOver(session: SessionFacts): boolean {
    return this.#reasonOf(session) !== undefined;
  }

  /** The first of these sessions that is over; undefined while all are live. */
  firstOver(sessions: readonly SessionFacts[]): SessionFacts | undefined {
    for (const session of sessions) if (this.#reasonOf(session) !== undefined) return session;
    return undefined;
  }

  /** Why this session, which is over, ended. */
  overOf(session: SessionFacts): SessionOver {
    const reason = this.#reasonOf(session) ?? 'logged-out';
    return reason === 'logged-out'
      ? { reason, cause: this.cache.reasonOf(String(session.userId)) }
      : { reason };
  }

  /** When this session, which is over, ended, as far as it is known: at the logout of its user, or now. */
  endOf(session: SessionFacts): number {
    const loggedOutAt =
      this.#reasonOf(session) === 'logged-out' ? this.cache.loggedOutAt(String(session.userId)) : undefined;
    return loggedOutAt ?? this.clock.now();
  }

  #reasonOf(session: SessionFacts): RefusalReason | undefined {
    return refusalOf(session, this.cache, this.clock.now(), this.logoutsOptions.maxSessionAgeMs);
  }

  #isKnown(stalenessLimitMs: number): boolean {
    return this.cache.ageMs() <= stalenessLimitMs;
  }
}
