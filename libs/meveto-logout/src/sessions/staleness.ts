/**
 * What the guard does with a request that carries a session while the logout state is older than
 * `logoutState.maxStalenessMs`: refuse the request with 503, let it pass, or let it pass for `graceMs` milliseconds more and
 * refuse it then. Known logouts always count.
 */
export type OnLogoutStateUnknownPolicy = 'deny' | 'allow' | { readonly graceMs: number };

const LONGEST_GRACE_MS = 31_536_000_000;

/** How old the logout state may be under this policy, in milliseconds; Infinity for any age. */
export function stalenessLimitMs(policy: OnLogoutStateUnknownPolicy, maxStalenessMs: number): number {
  if (policy === 'allow') return Infinity;
  return policy === 'deny' ? maxStalenessMs : maxStalenessMs + policy.graceMs;
}

/** Whether the value is a valid policy. JavaScript callers may pass anything. */
export function isPolicy(policy: unknown): policy is OnLogoutStateUnknownPolicy {
  if (policy === 'deny' || policy === 'allow') return true;
  if (typeof policy !== 'object' || policy === null || !('graceMs' in policy)) return false;
  const { graceMs } = policy;
  return (
    typeof graceMs === 'number' && Number.isInteger(graceMs) && graceMs >= 0 && graceMs <= LONGEST_GRACE_MS
  );
}
