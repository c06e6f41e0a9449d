import type { ClaimedCall } from '../../inbox/inbox.port.js';
import type { ApplyOutcome } from '../../logout/logout-register.port.js';
import { PROTECTION_REMOVED } from '../../model/call.js';
import type { Logout } from '../../model/logout.js';
import { numberOf, rowsOf, type Script } from './sql.js';
import type { Tables } from './tables.js';

/**
 * What came of a call that can no longer be ended: the same as before if the same claim ended it for the same person, whose
 * commit may not have been answered, else `claim-lost`.
 */
export function* appliedBefore(
  { calls, marks }: Tables,
  call: ClaimedCall,
  person: string,
  committing: (logout: Logout) => void = () => undefined,
): Script<ApplyOutcome> {
  const [row] = yield* rowsOf(
    `SELECT type, state, user_id FROM ${calls} WHERE id = ? AND fence = ? AND person = ?`,
    [call.id, call.fence, person],
  );
  if (row?.['state'] === 'unknown_user') return { kind: 'unknown-user' };
  if (row?.['state'] !== 'applied') return { kind: 'claim-lost' };
  const userId = String(row['user_id']);
  if (row['type'] === PROTECTION_REMOVED) return { kind: 'unlinked', userId };
  const [mark] = yield* rowsOf(`SELECT logged_out_at FROM ${marks} WHERE user_id = ?`, [userId]);
  if (mark === undefined) return { kind: 'claim-lost' };
  const logout = { userId, loggedOutAt: numberOf(mark['logged_out_at']) };
  committing(logout);
  return { kind: 'applied', logout };
}
