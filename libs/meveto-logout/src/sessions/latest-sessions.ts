import type { SessionFacts } from './session.js';

/**
 * Selects the sessions of tokens that count: for each user the session that began last. A later session is never over before
 * an earlier one, so it is live if any of the user's sessions is live. Sessions without a usable start all count.
 */
export function latestSessions(sessions: readonly SessionFacts[]): readonly SessionFacts[] {
  if (sessions.length < 2) return sessions;
  const latest = new Map<string, SessionFacts & { readonly signedInAt: number }>();
  const startless: SessionFacts[] = [];
  for (const session of sessions) {
    const user = String(session.userId);
    if (!hasStart(session)) startless.push(session);
    else if (session.signedInAt > (latest.get(user)?.signedInAt ?? Number.NEGATIVE_INFINITY))
      latest.set(user, session);
  }
  return [...latest.values(), ...startless];
}

const hasStart = (session: SessionFacts): session is SessionFacts & { readonly signedInAt: number } =>
  session.signedInAt !== undefined && Number.isFinite(session.signedInAt);
