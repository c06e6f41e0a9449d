import type { ClaimedJob, JobOutcome, Release } from '../inbox-jobs.js';
import { TOKEN_LOST } from '../job.js';
import { type Dialect, run, rowsOf, type Script } from './sql.js';

/** Releases a job. Raises the fence, so that a repetition after a lost answer changes nothing. */
export function* release(
  dialect: Dialect,
  table: string,
  job: ClaimedJob,
  { delayMs, maybeSent, isClientError = false, reason }: Release,
): Script<void> {
  yield* run(
    `UPDATE ${table} SET due_at = ${dialect.nowMs} + ?, reason = ?, fence = fence + 1,
      unknown_attempts = unknown_attempts - ${maybeSent ? '0' : '1'}, client_errors = client_errors + ${isClientError ? '1' : '0'} WHERE id = ? AND fence = ? AND state = 'pending'`,
    [delayMs, reason, job.id, job.fence],
  );
}

/** Finishes a job and erases its token. Returns whether the job has this outcome by this claim. */
export function* finish(
  dialect: Dialect,
  table: string,
  job: ClaimedJob,
  outcome: JobOutcome,
): Script<boolean> {
  const stillLost = outcome.reason === TOKEN_LOST ? 'AND sealed IS NULL' : '';
  const { affected } = yield* run(
    `UPDATE ${table} SET state = ?, reason = ?, sealed = NULL, finished_at = ${dialect.nowMs}
      WHERE id = ? AND fence = ? AND state = 'pending' ${stillLost}`,
    [outcome.state, outcome.reason, job.id, job.fence],
  );
  if (affected > 0) return true;
  const [same] = yield* rowsOf(
    `SELECT id FROM ${table} WHERE id = ? AND fence = ? AND state = ? AND reason = ?`,
    [job.id, job.fence, outcome.state, outcome.reason],
  );
  return same !== undefined;
}
