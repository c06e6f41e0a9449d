import type { ClaimedJob } from '../inbox-jobs.js';
import { UNLINK, type ApplyOutcome, withOthers } from '../job.js';
import type { Logout } from '../logout.js';
import { userIdsOfRow, otherUserIdsColumn } from './answered-jobs.js';
import type { AnswerStore } from './apply-answers.js';
import type { FoundUser } from './found-user.js';
import { placeholders, rowsOf, type Script, clockOf, run, unindexed } from './sql.js';
import type { Tables } from './tables.js';
import { type LinkedUsers, type UserRows, type FoundUsers, hasUsers } from './user-rows.js';

/** A Meveto ID, and the time of its logout. */
interface Subject {
  readonly mevetoId: string;
  /** The digests of the Meveto ID by the current key and by earlier keys. */
  readonly subjectDigests: readonly string[];
  /** Epoch milliseconds. */
  readonly occurredAt: number;
}

/** The users that had this Meveto ID at the logout. Searches for a removal twice, because the search for linked users may wait for a removal to commit. */
export function* usersAt(tables: Tables, rows: UserRows, subject: Subject): Script<LinkedUsers> {
  const before = yield* findUnlinked(tables, rows, subject);
  if (before.length > 0) return before;
  const linked = yield* rows.linkedTo(subject.mevetoId);
  return linked.length > 0 ? linked : yield* findUnlinked(tables, rows, subject);
}

/** The users that had this Meveto ID at the logout, if a later removal has cleared the link. Another user may have the ID now. */
function* findUnlinked(
  tables: Tables,
  rows: UserRows,
  { subjectDigests, occurredAt }: Subject,
): Script<readonly FoundUser[]> {
  const [removal] = yield* rowsOf(
    `SELECT user_id, other_user_ids FROM ${tables.jobs} WHERE subject_digest IN (${placeholders(subjectDigests.length)}) AND kind = ? AND ${unindexed('state')} = 'applied' AND occurred_at >= ?
      ORDER BY occurred_at LIMIT 1`,
    [...subjectDigests, UNLINK, occurredAt],
  );
  if (removal === undefined) return [];
  const users: FoundUser[] = [];
  for (const userId of userIdsOfRow(removal)) {
    const user = yield* rows.withId(userId);
    if (user !== undefined) users.push(user);
  }
  return users;
}

/**
 * Searches again after the outcome of a job is committed, and logs out the users that were linked meanwhile. A login that was
 * recorded before the commit could not see the outcome. Returns the further logouts.
 * @param state the state of the finished job
 */
export function* logOutLinkedMeanwhile(
  { dialect, tables, batches }: AnswerStore,
  job: ClaimedJob,
  state: 'applied' | 'unknown_user',
  find: () => Script<LinkedUsers>,
  committing: (logout: Logout) => void,
): Script<readonly Logout[]> {
  const found = yield* find();
  if (!hasUsers(found)) return [];
  const [finished] = yield* rowsOf(
    `SELECT user_id, other_user_ids FROM ${tables.jobs} WHERE id = ? AND (digest = ? OR fence = ?) AND state = ? ${dialect.forUpdate}`,
    [job.id, job.digest, job.fence, state],
  );
  if (finished === undefined) return [];
  const known: readonly string[] = state === 'applied' ? userIdsOfRow(finished) : [];
  const users = found.filter(({ userId }) => !known.includes(userId));
  if (!hasUsers(users)) return [];
  const now = yield* clockOf(dialect);
  const [userId, ...otherUserIds] = [...known, ...idsIn(users)] as [string, ...string[]];
  yield* run(
    `UPDATE ${tables.jobs} SET state = 'applied', user_id = ?, other_user_ids = ?, finished_at = ? WHERE id = ?`,
    [userId, otherUserIdsColumn({ userId, otherUserIds }), now, job.id],
  );
  const { logout, others = [] } = yield* batches.logOutAll(users, job.occurredAt, now, committing);
  return [logout, ...others];
}

const idsIn = (users: FoundUsers): readonly string[] => users.map(({ userId }) => userId);

/** The outcome, together with the logouts of users that were found later. */
export function withLaterLogouts(outcome: ApplyOutcome, late: readonly Logout[]): ApplyOutcome {
  const before = outcome.kind === 'applied' ? [outcome.logout, ...(outcome.others ?? [])] : [];
  const [logout, ...others] = [...before, ...late];
  return logout === undefined || late.length === 0
    ? outcome
    : { kind: 'applied', logout, ...withOthers(others) };
}
