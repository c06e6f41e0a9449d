import { BY_OPERATOR, UNLINK, type ApplyOutcome } from '../job.js';
import type { Logout } from '../logout.js';
import { finishJob } from './answered-jobs.js';
import type { AnswerStore } from './apply-answers.js';
import { hasKnownKind } from './job-rows.js';
import { clockOf, numberOf, rowsOf, type Script } from './sql.js';

/** Applies an ambiguous or expired job to the user that an operator named, and finishes the job. */
export function* resolveJob(
  { dialect, tables, rows, batches }: AnswerStore,
  jobId: string,
  userId: string,
  committing: (logout: Logout) => void,
): Script<ApplyOutcome> {
  const [job] = yield* rowsOf(
    `SELECT kind, occurred_at FROM ${tables.jobs} WHERE id = ? AND state IN ('ambiguous', 'expired')
      AND ${hasKnownKind(dialect)} ${dialect.forUpdate}`,
    [jobId],
  );
  if (job === undefined) return { kind: 'claim-lost' };
  const user = yield* rows.withId(userId);
  if (user === undefined) return { kind: 'unknown-user' };
  const now = yield* clockOf(dialect);
  const outcome = { state: 'applied', subjectDigest: null, userId: user.userId, now, reason: BY_OPERATOR };
  yield* finishJob(tables, { id: jobId }, outcome);
  if (job['kind'] === UNLINK) return yield* rows.unlinkAll([user]);
  return yield* batches.logOutAll([user], numberOf(job['occurred_at']), now, committing);
}
