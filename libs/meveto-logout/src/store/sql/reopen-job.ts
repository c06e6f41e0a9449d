import type { IncomingJob } from '../inbox-jobs.js';
import { isSameToken } from '../listed-again.js';
import { KEY_MISSING, REPLACED, rankOf } from '../job.js';
import { hasKnownKind, NEW_JOB_COLUMNS, newRow, type Row, stateOf } from './job-rows.js';
import { type Dialect, run, type Script } from './sql.js';

/**
 * Opens a job again, unless another process has done so meanwhile. The counters of attempts stay if the token is the same. A known
 * kind stays, too, so that a sender that repeats the token cannot change the effect of the job.
 */
export function* reopen(
  dialect: Dialect,
  table: string,
  row: Row,
  job: IncomingJob,
  now: number,
): Script<number> {
  const isNewToken = !isSameToken(String(row['digest']), job);
  const { affected } = yield* run(
    `UPDATE ${table} SET state = 'pending', kind = CASE WHEN ${hasKnownKind(dialect)} THEN kind ELSE ? END, digest = ?, source_id = ?, sealed = ?, priority = ?, due_at = ?, received_at = ?,
      fence = fence + 1, ${isNewToken ? 'unknown_attempts = 0, client_errors = 0,' : ''} finished_at = NULL, reason = NULL
      WHERE id = ? AND state = ? AND (state <> 'pending' OR reason = '${KEY_MISSING}')`,
    [
      job.kind,
      job.digest,
      row['source_id'] as string | null,
      job.sealed ?? null,
      rankOf(job.priority),
      now,
      now,
      String(row['id']),
      stateOf(row),
    ],
  );
  if (affected > 0 && isNewToken) yield* rememberReplaced(dialect, table, row, job, now);
  return affected;
}

/** Adds a row for the former token of a job, so that this token is recognised when received again. */
function* rememberReplaced(
  dialect: Dialect,
  table: string,
  row: Row,
  job: IncomingJob,
  now: number,
): Script<void> {
  const { kind, priority } = job;
  const replaced = { kind, priority, digest: String(row['digest']), sealed: undefined, sender: undefined };
  const columns = [...NEW_JOB_COLUMNS, 'finished_at', 'reason'];
  const values = newRow(replaced, now, dialect.times, 'rejected');
  yield* run(dialect.insertNew(table, columns, 1), [...values, now, REPLACED]);
}
