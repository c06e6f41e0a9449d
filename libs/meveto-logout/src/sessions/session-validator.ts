import { Inject, Injectable, Logger } from '@nestjs/common';
import { LogoutCache, LOGOUTS_OPTIONS, type ResolvedLogouts } from '../logouts/index.js';
import { Clock, Counters } from '../core/index.js';
import { type RefusalReason, refusalOf, type SessionOver, type SessionState } from './session-state.js';
import type { SessionFacts } from './session.js';
import { ReaderAudit } from './reader-audit.js';
import { type ResolvedSessions, SESSIONS_OPTIONS } from './options.js';

/** Why sessions are refused. */
export type SessionRefusal = SessionOver | { readonly reason: 'logout-state-unknown' };

/** Decides from memory whether sessions are over, for all kinds of requests, messages and connections. */
@Injectable()
export class SessionValidator {
  readonly #logger = new Logger('MevetoLogout');
  #hasWarned = false;

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
   * sessions may pass: the application's own guard decides about requests without a session.
   * @param stalenessLimitMs how old the logout state may be, in milliseconds
   */
  validate(sessions: readonly SessionFacts[], stalenessLimitMs: number): SessionRefusal | undefined {
    if (sessions.length === 0) return undefined;
    this.audit.read(sessions);
    for (const session of sessions) {
      const reason = this.refusalOf(session);
      if (reason === undefined) continue;
      this.counters.add('guard_refused');
      if (session.signedInAt === undefined) this.#warnOfMissingStart();
      return { reason, cause: this.#causeOf(session, reason) };
    }
    if (this.cache.ageMs() <= stalenessLimitMs) return undefined;
    this.counters.add('guard_state_unknown');
    return { reason: 'logout-state-unknown' };
  }

  /** The state of this session, regardless of the policy `logoutState.onUnknown`. */
  stateOf(session: SessionFacts): SessionState {
    const isKnown = this.cache.ageMs() <= this.options.maxStalenessMs;
    return this.refusalOf(session) ?? (isKnown ? 'live' : 'unknown');
  }

  /** Why this session is over; undefined while it is live. */
  refusalOf(session: SessionFacts): RefusalReason | undefined {
    return refusalOf(session, this.cache, this.clock.now(), this.logoutsOptions.maxSessionAgeMs);
  }

  #causeOf({ userId }: SessionFacts, reason: RefusalReason): string | undefined {
    return reason === 'logged-out' ? this.cache.reasonOf(String(userId)) : undefined;
  }

  #warnOfMissingStart(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      'A session without a start was refused, as is every such session of a user who was ever logged out. Put the ' +
        'signedInAt that recordLogin() returns into the session or token. Sessions from before the installation have no start.',
    );
  }
}
