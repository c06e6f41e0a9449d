/**
 * What becomes of a request with a session while the guard's knowledge of logouts is older than `maxStalenessMs`: refused
 * with 503, let in, or let in for so many milliseconds more and refused then. What is known of logouts counts always.
 */
export type OnLogoutStateUnknownPolicy = 'deny' | 'allow' | { readonly graceMs: number };

const LONGEST_GRACE_MS = 31_536_000_000;

/** How old the knowledge of logouts may be under this policy; Infinity: whatever its age. */
export function stalenessLimitMs(policy: OnLogoutStateUnknownPolicy, maxStalenessMs: number): number {
  if (policy === 'allow') return Infinity;
  return policy === 'deny' ? maxStalenessMs : maxStalenessMs + policy.graceMs;
}

/** Whether what JavaScript callers wrote is a policy. */
export function isPolicy(policy: unknown): policy is OnLogoutStateUnknownPolicy {
  if (policy === 'deny' || policy === 'allow') return true;
  if (typeof policy !== 'object' || policy === null || !('graceMs' in policy)) return false;
  const { graceMs } = policy;
  return (
    typeof graceMs === 'number' && Number.isInteger(graceMs) && graceMs >= 0 && graceMs <= LONGEST_GRACE_MS
  );
}
