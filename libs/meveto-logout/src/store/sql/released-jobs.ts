import type { ClaimedJob, JobOutcome, Release } from '../inbox-jobs.js';
import { TOKEN_LOST } from '../job.js';
import {
  inList,
  updateRows,
  clockIn,
  type Dialect,
  numberOf,
  run,
  rowsOf,
  type Script,
  type SqlResult,
} from './sql.js';

/** The end of an attempt: the outcome of its job, or why the job waits for another attempt. */
export type AttemptEnd = { readonly job: ClaimedJob } & (
  { readonly outcome: JobOutcome } | { readonly failure: Release }
);
type Finish = Extract<AttemptEnd, { outcome: JobOutcome }>;
type Failure = Extract<AttemptEnd, { failure: Release }>;
type Row = SqlResult['rows'][number];

/**
 * Finishes jobs and erases their tokens, or releases them. Releasing raises the fence, so that a repetition after a lost answer changes
 * nothing.
 * @returns for each job whether it has this outcome by this claim, or was released
 */
export function* endAttempts(
  dialect: Dialect,
  table: string,
  ends: readonly AttemptEnd[],
): Script<readonly boolean[]> {
  const { sql, params } = inList(ends.map(({ job }) => job.id));
  const askedAt = performance.now();
  const rows = yield* rowsOf(
    `SELECT id, fence, state, reason, CASE WHEN sealed IS NULL THEN 0 ELSE 1 END AS has_token, ${dialect.nowMs} AS now_ms
      FROM ${table} WHERE id IN (${sql}) ORDER BY id ${dialect.forUpdate}`,
    params,
  );
  const now = clockIn(dialect, rows[0], askedAt);
  const rowOf = new Map(rows.map((row) => [String(row['id']), row]));
  const taken = new Set<string>();
  const isWritten = ends.map(({ job }) => {
    const isFirst = !taken.has(job.id) && isPending(rowOf.get(job.id), job);
    if (isFirst) taken.add(job.id);
    return isFirst;
  });
  const changes = ends.filter((_, index) => isWritten[index]);
  const finishes = changes.filter((end): end is Finish => 'outcome' in end);
  const withToken = new Set(
    finishes.filter(({ job, outcome }) => isFoundAgain(rowOf.get(job.id), outcome)).map(({ job }) => job.id),
  );
  yield* finishAll(
    table,
    finishes.filter(({ job }) => !withToken.has(job.id)),
    now,
  );
  yield* releaseAll(
    dialect,
    table,
    changes.filter((end): end is Failure => 'failure' in end),
    now,
  );
  return ends.map(
    (end, index) =>
      (isWritten[index] === true && !withToken.has(end.job.id)) || isSame(rowOf.get(end.job.id), end),
  );
}

const isPending = (row: Row | undefined, { fence }: ClaimedJob): boolean =>
  row?.['state'] === 'pending' && numberOf(row['fence']) === fence;

/** Whether a token that was lost has arrived again. */
const isFoundAgain = (row: Row | undefined, { reason }: JobOutcome): boolean =>
  reason === TOKEN_LOST && numberOf(row?.['has_token']) === 1;

/** Whether the same claim has finished the job with this outcome: the answer of that commit was lost. */
const isSame = (row: Row | undefined, end: AttemptEnd): boolean =>
  'outcome' in end &&
  row?.['state'] === end.outcome.state &&
  row['reason'] === end.outcome.reason &&
  numberOf(row['fence']) === end.job.fence;

function* finishAll(table: string, finishes: readonly Finish[], now: number): Script<void> {
  for (const group of alike(finishes, ({ outcome: { state, reason } }) => [state, reason])) {
    const [{ outcome }] = group;
    const { sql, params } = inList(group.map(({ job }) => job.id));
    yield* run(
      `UPDATE ${table} SET state = ?, reason = ?, sealed = NULL, finished_at = ? WHERE id IN (${sql})`,
      [outcome.state, outcome.reason, now, ...params],
    );
  }
}

function* releaseAll(
  dialect: Dialect,
  table: string,
  failures: readonly Failure[],
  now: number,
): Script<void> {
  for (const group of alike(failures, ({ failure }) => [
    failure.maybeSent,
    failure.isClientError,
    failure.reason,
  ])) {
    const [{ failure }] = group;
    const [unsentCount, clientErrorCount] = [
      failure.maybeSent ? 0 : 1,
      failure.isClientError === true ? 1 : 0,
    ];
    yield* updateRows(dialect, {
      path: table,
      shared: {
        sql: `reason = ?, fence = fence + 1, unknown_attempts = unknown_attempts - ${String(unsentCount)},
          client_errors = client_errors + ${String(clientErrorCount)}`,
        params: [failure.reason],
      },
      columns: [{ name: 'due_at', parameter: '?' }],
      key: { name: 'id', parameter: '?' },
      rows: group.map(({ job, failure: { delayMs } }) => ({ key: job.id, values: [now + delayMs] })),
    });
  }
}

/** Divides into groups with the same key. */
function alike<T>(all: readonly T[], keyOf: (each: T) => unknown): readonly [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const each of all) {
    const key = JSON.stringify(keyOf(each));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return [...groups.values()];
}
