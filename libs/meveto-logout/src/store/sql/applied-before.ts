import type { ClaimedJob } from '../inbox-jobs.js';
import { type ApplyOutcome, withOthers, LOGOUT, UNLINK } from '../job.js';
import type { Logout } from '../logout.js';
import { userIdsOfRow } from './answered-jobs.js';
import { logoutIn } from './logout-rows.js';
import { rowsOf, type Script } from './sql.js';
import type { Tables } from './tables.js';

/**
 * The outcome for a job that is already finished. If the same claim finished the job for the same Meveto ID, returns the same
 * outcome again: the answer of that commit may have been lost. Otherwise returns `claim-lost`.
 */
export function* appliedBefore(
  { jobs, logoutRows }: Tables,
  job: ClaimedJob,
  subjectDigest: string,
  committing: (logout: Logout) => void = () => undefined,
): Script<ApplyOutcome> {
  const [row] = yield* rowsOf(
    `SELECT kind, state, user_id, other_user_ids FROM ${jobs} WHERE id = ? AND fence = ? AND subject_digest = ?`,
    [job.id, job.fence, subjectDigest],
  );
  if (row?.['state'] === 'unknown_user') return { kind: 'unknown-user' };
  if (row?.['state'] !== 'applied') return { kind: 'claim-lost' };
  const [userId, ...others] = userIdsOfRow(row);
  if (row['kind'] === UNLINK) return { kind: 'unlinked', userId, ...withOthers(others) };
  if (row['kind'] !== LOGOUT) return { kind: 'claim-lost' };
  return yield* loggedOutBefore(logoutRows, [userId, ...others], committing);
}

function* loggedOutBefore(
  logoutRows: string,
  userIds: readonly string[],
  committing: (logout: Logout) => void,
): Script<ApplyOutcome> {
  const logouts: Logout[] = [];
  for (const userId of userIds) {
    const [logoutRow] = yield* rowsOf(`SELECT logged_out_at, reason FROM ${logoutRows} WHERE user_id = ?`, [
      userId,
    ]);
    if (logoutRow !== undefined) logouts.push(logoutIn(userId, logoutRow));
  }
  const [logout, ...others] = logouts;
  if (logout === undefined) return { kind: 'claim-lost' };
  logouts.forEach((each) => {
    committing(each);
  });
  return { kind: 'applied', logout, ...withOthers(others) };
}
