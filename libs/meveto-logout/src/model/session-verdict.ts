import type { SessionFacts } from './session.js';

/** Why a session no longer counts. */
export type RefusalReason = 'logged-out' | 'expired';

/** What is known of logouts. */
export interface LogoutKnowledge {
  loggedOutAt(userId: string): number | undefined;
}

/**
 * Whether a session is over, and why; undefined while it is live. A session that began at or before its user's last
 * logout is over, ties included, and so is one that began longer than `maxSessionAgeMs` ago, since logouts are
 * remembered for that long. One without a usable start is over as soon as its user was ever logged out.
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
  return signedInAt < now - maxSessionAgeMs ? 'expired' : undefined;
}
