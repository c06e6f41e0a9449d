import type { ClaimedJob } from '../inbox-jobs.js';
import { confirm } from './priorities.js';
import { type Dialect, numberOf, run, rowsOf, type Script, type SqlResult } from './sql.js';
import type { Tables } from './tables.js';

/** States of a job that an answer with a person may still finish. */
const ACCEPTABLE = ['pending', 'ambiguous', 'expired'];

/**
 * Locks the row if this answer may still finish the job, and marks the sender as known. The row belongs to the token of the answer
 * if the digest or the fence is equal: another key may have changed the digest since, and a new token changes the fence.
 */
export function* acceptAnswer(dialect: Dialect, tables: Tables, job: ClaimedJob): Script<boolean> {
  const rows = yield* rowsOf(
    `SELECT sender FROM ${tables.jobs} WHERE id = ? AND (digest = ? OR fence = ?) AND state IN (${ACCEPTABLE.map((state) => `'${state}'`).join(', ')}) ${dialect.forUpdate}`,
    [job.id, job.digest, job.fence],
  );
  const sender = rows[0]?.['sender'];
  if (typeof sender === 'string') yield* confirm(dialect, tables.senders, sender);
  return rows.length > 0;
}

/** As {@link acceptAnswer}, for a row that is locked. */
export const isAcceptable = (row: SqlResult['rows'][number], job: ClaimedJob): boolean =>
  (row['digest'] === job.digest || numberOf(row['fence']) === job.fence) &&
  ACCEPTABLE.includes(String(row['state']));

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
