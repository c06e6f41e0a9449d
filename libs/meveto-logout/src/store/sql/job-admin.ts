import type { InboxSummary } from '../inbox-jobs.js';
import { JOB_STATES, type JobState } from '../job.js';
import {
  type JobPage,
  type JobQuery,
  type JobRecord,
  DIGEST_PREFIX_CHARS,
  MOST_COUNTED,
  pageCursorIn,
  pageCursorOf,
} from '../job-record.js';
import { hasKnownKind } from './job-rows.js';
import { clockOf, type Dialect, numberOf, run, rowsOf, type Script, type SqlValue } from './sql.js';

/** The condition that a job is in a state (`?` if it is not pending), as the partial indexes need it: a finished job has a time. */
const isIn = (state: JobState): string =>
  state === 'pending' ? "state = 'pending'" : 'state = ? AND finished_at IS NOT NULL';
const paramsOf = (state: JobState): string[] => (state === 'pending' ? [] : [state]);

/** Returns one page of the jobs in a state, latest first. */
export function* list(table: string, { state, limit, after }: JobQuery): Script<JobPage> {
  const by = state === 'pending' ? 'received_at' : 'finished_at';
  const cursor = after === undefined ? undefined : pageCursorIn(after);
  const from = cursor === undefined ? '' : `AND (${by} < ? OR (${by} = ? AND id < ?))`;
  const params: SqlValue[] = cursor === undefined ? [] : [cursor.at, cursor.at, cursor.id];
  const rows = yield* rowsOf(
    `SELECT id, kind, state, reason, received_at, occurred_at, finished_at, attempts, digest FROM ${table}
      WHERE ${isIn(state)} ${from} ORDER BY ${by} DESC, id DESC LIMIT ${String(limit + 1)}`,
    [...paramsOf(state), ...params],
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const next = last === undefined ? undefined : pageCursorOf(numberOf(last[by]), String(last['id']));
  return { jobs: page.map(recordOf), next };
}

function recordOf(row: Record<string, unknown>): JobRecord {
  const finishedAt = row['finished_at'] ?? null;
  return {
    id: String(row['id']),
    kind: String(row['kind']),
    state: row['state'] as JobState,
    reason: (row['reason'] as string | null) ?? undefined,
    receivedAt: numberOf(row['received_at']),
    occurredAt: numberOf(row['occurred_at']),
    finishedAt: finishedAt === null ? undefined : numberOf(finishedAt),
    attempts: numberOf(row['attempts']),
    digestPrefix: String(row['digest']).slice(0, DIGEST_PREFIX_CHARS),
  };
}

/** Makes a waiting job due now. An unfinished job has a reason only while it waits after a failed attempt; a claim clears the reason. */
export function* retryNow(dialect: Dialect, table: string, id: string): Script<boolean> {
  const now = yield* clockOf(dialect);
  const { affected } = yield* run(
    `UPDATE ${table} SET due_at = ? WHERE id = ? AND state = 'pending' AND reason IS NOT NULL AND sealed IS NOT NULL
      AND ${hasKnownKind(dialect)}`,
    [now, id],
  );
  return affected > 0;
}

export function* discard(dialect: Dialect, table: string, id: string, reason: string): Script<boolean> {
  const now = yield* clockOf(dialect);
  const { affected } = yield* run(
    `UPDATE ${table} SET state = 'rejected', reason = ?, finished_at = ?, fence = fence + 1
      WHERE id = ? AND state IN ('ambiguous', 'expired')`,
    [reason, now, id],
  );
  return affected > 0;
}

/** Counts the jobs in each state up to a limit, because after a flood there may be millions of rejected jobs. */
export function* summary(dialect: Dialect, table: string): Script<InboxSummary> {
  const now = yield* clockOf(dialect);
  // One statement: a job that finishes between two statements would count twice.
  const counts = JOB_STATES.map(
    (state) =>
      `(SELECT COUNT(*) FROM (SELECT id FROM ${table} WHERE ${isIn(state)} LIMIT ${String(MOST_COUNTED)}) AS counted) AS ${state}`,
  );
  const [row] = yield* rowsOf(`SELECT ${counts.join(', ')}`, JOB_STATES.flatMap(paramsOf));
  const jobs = Object.fromEntries(JOB_STATES.map((state) => [state, numberOf(row?.[state])])) as Record<
    JobState,
    number
  >;
  const [oldest] = yield* rowsOf(`SELECT MIN(received_at) AS oldest FROM ${table} WHERE state = 'pending'`);
  const receivedAt = oldest?.['oldest'] ?? null;
  const oldestPendingAgeMs = receivedAt === null ? undefined : Math.max(0, now - numberOf(receivedAt));
  return { jobs, oldestPendingAgeMs };
}
