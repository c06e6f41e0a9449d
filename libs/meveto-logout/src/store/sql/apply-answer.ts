import type { ClaimedJob } from '../inbox-jobs.js';
import { TOO_MANY_USERS, type ApplyOutcome } from '../job.js';
import type { Logout } from '../logout.js';
import { acceptAnswers, type AnswerStore, type Subject } from './apply-answers.js';
import { finishJob } from './answered-jobs.js';
import { appliedBefore } from './applied-before.js';
import { clockOf, type Script } from './sql.js';
import type { Tables } from './tables.js';
import { hasUsers, idsOf, type LinkedUsers } from './user-rows.js';
import { usersAt } from './linked-users.js';

/** Logs out the users of a Meveto ID and finishes the job. */
export function* applyLogout(
  store: AnswerStore,
  job: ClaimedJob,
  subject: Subject,
  committing: (logout: Logout) => void,
): Script<ApplyOutcome> {
  const { dialect, tables, batches } = store;
  const [subjectDigest] = subject.digests;
  if (!(yield* isAccepted(store, job, subject)))
    return yield* appliedBefore(tables, job, subjectDigest, committing);
  const users = yield* usersOf(store, job, subject);
  // Read after the wait for locks, so that the time of commit is close to the commit.
  const now = yield* clockOf(dialect);
  if (!hasUsers(users)) return yield* finishWithoutUser(tables, job, subject, users, now);
  yield* finishJob(tables, job, { state: 'applied', subjectDigest, ...idsOf(users), now });
  return yield* batches.logOutAll(users, job.occurredAt, now, committing);
}

/** Clears the Meveto ID of its users and finishes the job. */
export function* applyProtectionRemoved(
  store: AnswerStore,
  job: ClaimedJob,
  subject: Subject,
): Script<ApplyOutcome> {
  const { dialect, tables, rows } = store;
  const [subjectDigest] = subject.digests;
  if (!(yield* isAccepted(store, job, subject))) return yield* appliedBefore(tables, job, subjectDigest);
  const users = yield* rows.linkedTo(subject.mevetoId);
  const now = yield* clockOf(dialect);
  if (!hasUsers(users)) return yield* finishWithoutUser(tables, job, subject, users, now);
  yield* finishJob(tables, job, { state: 'applied', subjectDigest, ...idsOf(users), now });
  return yield* rows.unlinkAll(users);
}

/** Finishes a job whose Meveto ID the application's column cannot hold. */
export function* finishUnknown(store: AnswerStore, job: ClaimedJob, subject: Subject): Script<ApplyOutcome> {
  if (!(yield* isAccepted(store, job, subject))) return { kind: 'claim-lost' };
  return yield* finishWithoutUser(store.tables, job, subject, [], yield* clockOf(store.dialect));
}

function* isAccepted(store: AnswerStore, job: ClaimedJob, subject: Subject): Script<boolean> {
  return (yield* acceptAnswers(store, [{ job, subject }])).length > 0;
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
