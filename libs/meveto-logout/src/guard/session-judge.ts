import { Inject, Injectable, Logger } from '@nestjs/common';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Clock } from '../model/clock.js';
import { type RefusalReason, refusalOf } from '../model/session-verdict.js';
import type { SessionFacts } from '../model/session.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';

/** Why nobody may enter with these sessions; undefined: they may. */
export type Verdict = RefusalReason | 'logout-state-unknown' | undefined;

/** Judges sessions by what this process knows of logouts: from memory, whatever the way by which they came. */
@Injectable()
export class SessionJudge {
  readonly #logger = new Logger('MevetoLogout');
  #hasWarned = false;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * One session that is over is enough. Whoever has none may enter: who may come in at all is for the application's own
   * guard to say.
   * @param stalenessLimitMs how old the knowledge of logouts may be
   */
  judge(sessions: readonly SessionFacts[], stalenessLimitMs: number): Verdict {
    if (sessions.length === 0) return undefined;
    for (const session of sessions) {
      const reason = this.refusalOf(session);
      if (reason === undefined) continue;
      this.counters.add('guard_refused');
      if (session.signedInAt === undefined) this.#warnOfMissingStart();
      return reason;
    }
    if (this.known.ageMs() <= stalenessLimitMs) return undefined;
    this.counters.add('guard_state_unknown');
    return 'logout-state-unknown';
  }

  /** Why this session is over; undefined while it is live. */
  refusalOf(session: SessionFacts): RefusalReason | undefined {
    return refusalOf(session, this.known, this.clock.now(), this.options.maxSessionAgeMs);
  }

  #warnOfMissingStart(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      'A session without a start was refused, and so is every such session of a user who was ever logged out. Put the ' +
        'signedInAt that recordLogin() returns into the session or token. Sessions from before the installation have none.',
    );
  }
}
