import type { SessionFacts } from './session.js';

/** Why a session is over. */
export type RefusalReason = 'logged-out' | 'expired';

/** A session that is over. */
export interface SessionOver {
  readonly reason: RefusalReason;
  /** The reason of the logout that ended the session, `meveto` for Meveto's; undefined if no logout did. */
  readonly cause?: string | undefined;
}

/**
 * Whether a session is live, and if not, why. `unknown`: the logout state is too old.
 */
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
