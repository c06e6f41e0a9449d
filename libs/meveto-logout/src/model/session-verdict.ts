import type { SessionFacts } from './session.js';

/** Why a session no longer counts. */
export type RefusalReason = 'logged-out' | 'expired';

/** What is known of logouts. */
export interface LogoutKnowledge {
  loggedOutAt(userId: string): number | undefined;
  /** Of sessions that began then or before it may not be known that they are over. */
  readonly forgottenUntil: number;
}

/**
 * Whether a session is over, and why; undefined while it is live. A session that began at or before its user's last
 * logout is over, ties included, and so is one that began longer than `maxSessionAgeMs` ago, since logouts are
 * remembered for that long, or at or before the latest one that was forgotten: another process may remember them for
 * less. One without a usable start is over as soon as its user was ever logged out.
 */
export function refusalOf(
  session: SessionFacts,
  known: LogoutKnowledge,
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
