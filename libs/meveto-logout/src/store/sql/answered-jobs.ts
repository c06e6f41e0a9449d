import type { ClaimedJob } from '../inbox-jobs.js';
import { run, type Script, type SqlResult } from './sql.js';
import type { Tables } from './tables.js';

/** The users that a job affects: the first user with the Meveto ID, and further users. */
export interface UsersOfJob {
  readonly userId: string | null;
  readonly otherUserIds?: readonly string[];
}

/** The user ids in the columns `user_id` and `other_user_ids` of a job that names a user. */
export function userIdsOfRow(row: SqlResult['rows'][number]): readonly [string, ...string[]] {
  const { user_id: first, other_user_ids: kept } = row;
  const others: unknown = typeof kept === 'string' ? JSON.parse(kept) : [];
  return [String(first), ...(Array.isArray(others) ? others.map(String) : [])];
}

/** The value of the column `other_user_ids`. */
export const otherUserIdsColumn = ({ otherUserIds = [] }: UsersOfJob): string | null =>
  otherUserIds.length === 0 ? null : JSON.stringify(otherUserIds);

/** Finishes a job, and erases its token. */
export function* finishJob(
  tables: Tables,
  job: Pick<ClaimedJob, 'id'>,
  outcome: UsersOfJob & { state: string; subjectDigest: string | null; now: number; reason?: string },
): Script<void> {
  yield* run(
    `UPDATE ${tables.jobs} SET state = ?, subject_digest = ?, user_id = ?, other_user_ids = ?, finished_at = ?, sealed = NULL, reason = ?
      WHERE id = ?`,
    [
      outcome.state,
      outcome.subjectDigest,
      outcome.userId,
      otherUserIdsColumn(outcome),
      outcome.now,
      outcome.reason ?? null,
      job.id,
    ],
  );
}
