import type { ExpiredCalls, Retention } from '../../inbox/inbox.port.js';
import {
  CALL_STATES,
  type FinalState,
  KEY_MISSING,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
} from '../../model/call.js';
import { clockOf, type Dialect, marks, numberOf, run, rowsOf, type Script } from './sql.js';

const isFinal = (state: string): state is FinalState => state !== 'pending';

/** Ends unfinished calls that nobody is at work on as expired. */
export function* expire(dialect: Dialect, table: string, ttlMs: number, limit: number): Script<ExpiredCalls> {
  const now = yield* clockOf(dialect);
  const rows = yield* rowsOf(
    `SELECT id, unknown_attempts FROM ${table} WHERE state = 'pending' AND due_at <= ? AND received_at <= ?
      LIMIT ${String(limit)} ${dialect.forUpdateSkipLocked}`,
    [now, now - ttlMs],
  );
  if (rows.length === 0) return { count: 0, outcomeUnknownCount: 0 };
  yield* run(
    `UPDATE ${table} SET state = 'expired', reason = CASE WHEN unknown_attempts > 0 THEN '${TIME_TO_LIVE_OUTCOME_UNKNOWN}'
      WHEN reason = '${KEY_MISSING}' THEN '${KEY_MISSING}' ELSE '${TIME_TO_LIVE}' END, sealed = NULL, settled_at = ?, fence = fence + 1 WHERE id IN (${marks(rows.length)})`,
    [now, ...rows.map((row) => row['id'] as string)],
  );
  const outcomeUnknownCount = rows.filter((row) => numberOf(row['unknown_attempts']) > 0).length;
  return { count: rows.length, outcomeUnknownCount };
}

/** Deletes ended calls whose retention is over, up to `limit` of them. */
export function* purge(dialect: Dialect, table: string, retention: Retention, limit: number): Script<number> {
  const now = yield* clockOf(dialect);
  const ids: string[] = [];
  for (const state of CALL_STATES.filter(isFinal)) {
    const keptSince = now - keptFor(state, retention);
    const rows = yield* rowsOf(
      `SELECT id FROM ${table} WHERE state = ? AND settled_at <= ? AND (listed_at IS NULL OR listed_at <= ?)
        LIMIT ${String(limit - ids.length)}`,
      [state, keptSince, keptSince],
    );
    ids.push(...rows.map((row) => String(row['id'])));
    if (ids.length === limit) break;
  }
  if (ids.length === 0) return 0;
  const remove = `DELETE FROM ${table} WHERE state <> 'pending' AND id IN (${marks(ids.length)})`;
  return (yield* run(remove, ids)).affected;
}

const keptFor = (state: FinalState, { endedMs, rejectedMs, ambiguousMs }: Retention): number =>
  state === 'rejected' ? rejectedMs : state === 'ambiguous' ? ambiguousMs : endedMs;
