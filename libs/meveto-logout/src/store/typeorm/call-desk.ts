import type { InboxSummary } from '../../inbox/inbox.port.js';
import { CALL_STATES, isCallType, LOGGED_OUT, type CallState } from '../../model/call.js';
import {
  type CallPage,
  type CallQuery,
  type CallRecord,
  DIGEST_PREFIX_CHARS,
  MOST_COUNTED,
  pageMarkIn,
  pageMarkOf,
} from '../../model/call-record.js';
import { clockOf, type Dialect, numberOf, run, rowsOf, type Script, type SqlValue } from './sql.js';

/** One page of the calls in a state, latest first. */
export function* list(table: string, { state, limit, after }: CallQuery): Script<CallPage> {
  const by = state === 'pending' ? 'received_at' : 'settled_at';
  const mark = after === undefined ? undefined : pageMarkIn(after);
  const from = mark === undefined ? '' : `AND (${by} < ? OR (${by} = ? AND id < ?))`;
  const params: SqlValue[] = mark === undefined ? [state] : [state, mark.at, mark.at, mark.id];
  const rows = yield* rowsOf(
    `SELECT id, type, state, reason, received_at, occurred_at, settled_at, attempts, digest FROM ${table}
      WHERE state = ? ${from} ORDER BY ${by} DESC, id DESC LIMIT ${String(limit + 1)}`,
    params,
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const next = last === undefined ? undefined : pageMarkOf(numberOf(last[by]), String(last['id']));
  return { calls: page.map(recordOf), next };
}

function recordOf(row: Record<string, unknown>): CallRecord {
  const type = String(row['type']);
  const settledAt = row['settled_at'] ?? null;
  return {
    id: String(row['id']),
    type: isCallType(type) ? type : LOGGED_OUT,
    state: row['state'] as CallState,
    reason: (row['reason'] as string | null) ?? undefined,
    receivedAt: numberOf(row['received_at']),
    occurredAt: numberOf(row['occurred_at']),
    settledAt: settledAt === null ? undefined : numberOf(settledAt),
    attempts: numberOf(row['attempts']),
    digestPrefix: String(row['digest']).slice(0, DIGEST_PREFIX_CHARS),
  };
}

/** A reason stands on an unfinished call only while it waits after a failed attempt: a claim takes it away. */
export function* hurry(dialect: Dialect, table: string, id: string): Script<boolean> {
  const now = yield* clockOf(dialect);
  const { affected } = yield* run(
    `UPDATE ${table} SET due_at = ? WHERE id = ? AND state = 'pending' AND reason IS NOT NULL AND sealed IS NOT NULL`,
    [now, id],
  );
  return affected > 0;
}

export function* discard(dialect: Dialect, table: string, id: string, reason: string): Script<boolean> {
  const now = yield* clockOf(dialect);
  const { affected } = yield* run(
    `UPDATE ${table} SET state = 'rejected', reason = ?, settled_at = ?, fence = fence + 1
      WHERE id = ? AND state IN ('ambiguous', 'expired')`,
    [reason, now, id],
  );
  return affected > 0;
}

/** Counts no further than needed: after a flood there may be millions of rejected calls. */
export function* summary(dialect: Dialect, table: string): Script<InboxSummary> {
  const now = yield* clockOf(dialect);
  const calls = {} as Record<CallState, number>;
  for (const state of CALL_STATES) {
    const [row] = yield* rowsOf(
      `SELECT COUNT(*) AS call_count FROM (SELECT id FROM ${table} WHERE state = ? LIMIT ${String(MOST_COUNTED)}) AS counted`,
      [state],
    );
    calls[state] = numberOf(row?.['call_count']);
  }
  const [oldest] = yield* rowsOf(`SELECT MIN(received_at) AS oldest FROM ${table} WHERE state = 'pending'`);
  const receivedAt = oldest?.['oldest'] ?? null;
  const oldestPendingAgeMs = receivedAt === null ? undefined : Math.max(0, now - numberOf(receivedAt));
  return { calls, oldestPendingAgeMs };
}
