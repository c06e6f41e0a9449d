import type { ClaimedJob } from '../inbox-jobs.js';
import { TOO_MANY_USERS, type ApplyOutcome } from '../job.js';
import type { Logout } from '../logout.js';
import { acceptAnswer, finishJob } from './answered-jobs.js';
import { appliedBefore } from './applied-before.js';
import { clockOf, type Dialect, type Script } from './sql.js';
import type { Tables } from './tables.js';
import { hasUsers, idsOf, type LinkedUsers, type UserRows } from './user-rows.js';
import type { UserBatches } from './user-batches.js';
import { usersAt } from './linked-users.js';

/** The parts of the store that these scripts need. */
export interface AnswerStore {
  readonly dialect: Dialect;
  readonly tables: Tables;
  readonly rows: UserRows;
  readonly batches: UserBatches;
}

/** Whom Meveto named for the token of a job. */
export interface Subject {
  readonly mevetoId: string;
  /** The digest by the current key, then those by earlier keys. */
  readonly digests: readonly [string, ...string[]];
}

/** Logs out the users of a Meveto ID and finishes the job. */
export function* applyLogout(
  store: AnswerStore,
  job: ClaimedJob,
  subject: Subject,
  committing: (logout: Logout) => void,
): Script<ApplyOutcome> {
  const { dialect, tables, rows } = store;
  const [subjectDigest] = subject.digests;
  if (!(yield* acceptAnswer(dialect, tables, job)))
    return yield* appliedBefore(tables, job, subjectDigest, committing);
  const users = yield* usersOf(store, job, subject);
  // Read after the wait for locks, so that the time of commit is close to the commit.
  const now = yield* clockOf(dialect);
  if (!hasUsers(users)) return yield* finishWithoutUser(tables, job, subject, users, now);
  yield* finishJob(tables, job, { state: 'applied', subjectDigest, ...idsOf(users), now });
  return yield* rows.logOutAll(users, job.occurredAt, now, committing);
}

/** Clears the Meveto ID of its users and finishes the job. */
export function* applyProtectionRemoved(
  { dialect, tables, rows }: AnswerStore,
  job: ClaimedJob,
  subject: Subject,
): Script<ApplyOutcome> {
  const [subjectDigest] = subject.digests;
  if (!(yield* acceptAnswer(dialect, tables, job))) return yield* appliedBefore(tables, job, subjectDigest);
  const users = yield* rows.linkedTo(subject.mevetoId);
  const now = yield* clockOf(dialect);
  if (!hasUsers(users)) return yield* finishWithoutUser(tables, job, subject, users, now);
  yield* finishJob(tables, job, { state: 'applied', subjectDigest, ...idsOf(users), now });
  return yield* rows.unlinkAll(users);
}

/** Finishes a job whose Meveto ID the application's column cannot hold. */
export function* finishUnknown(
  { dialect, tables }: AnswerStore,
  job: ClaimedJob,
  subject: Subject,
): Script<ApplyOutcome> {
  if (!(yield* acceptAnswer(dialect, tables, job))) return { kind: 'claim-lost' };
  return yield* finishWithoutUser(tables, job, subject, [], yield* clockOf(dialect));
}

/** The users that had the Meveto ID at the logout. */
export const usersOf = (
  { tables, rows }: AnswerStore,
  { occurredAt }: ClaimedJob,
  { mevetoId, digests }: Subject,
): Script<LinkedUsers> => usersAt(tables, rows, { mevetoId, subjectDigests: digests, occurredAt });

/** Finishes a job whose Meveto ID belongs to no user, or to too many users. */
function* finishWithoutUser(
  tables: Tables,
  job: ClaimedJob,
  { digests: [subjectDigest] }: Subject,
  users: LinkedUsers,
  now: number,
): Script<ApplyOutcome> {
  const isAmbiguous = users === 'too-many';
  const outcome = isAmbiguous ? { state: 'ambiguous', reason: TOO_MANY_USERS } : { state: 'unknown_user' };
  yield* finishJob(tables, job, { ...outcome, subjectDigest, userId: null, now });
  return { kind: isAmbiguous ? 'ambiguous' : 'unknown-user' };
}
