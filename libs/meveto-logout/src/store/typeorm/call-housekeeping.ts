import type { ExpiredCalls, Retention } from '../../inbox/inbox.port.js';
import {
  CALL_STATES,
  type FinalState,
  INVALID_TOKEN,
  KEY_MISSING,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
} from '../../model/call.js';
import { clockOf, type Dialect, marks, numberOf, run, rowsOf, type Script } from './sql.js';
import type { Tables } from './tables.js';

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

/** Deletes ended calls whose retention is over, up to `limit` of them, and as many senders. */
export function* purge(
  dialect: Dialect,
  { calls: table, senders }: Pick<Tables, 'calls' | 'senders'>,
  retention: Retention,
  limit: number,
): Script<number> {
  const now = yield* clockOf(dialect);
  yield* forgetSenders(senders, now - retention.senderMs, limit);
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
  ids.push(...(yield* tooMany(table, now, retention, limit - ids.length)));
  if (ids.length === 0) return 0;
  const remove = `DELETE FROM ${table} WHERE state <> 'pending' AND id IN (${marks(ids.length)})`;
  return (yield* run(remove, ids)).affected;
}

/** The oldest of the calls that Meveto called bad, beyond so many, whose retention is not over. */
function* tooMany(
  table: string,
  now: number,
  { invalidCount, rejectedMs }: Retention,
  limit: number,
): Script<string[]> {
  if (limit <= 0) return [];
  const [last] = yield* rowsOf(
    `SELECT settled_at FROM ${table} WHERE state = 'rejected' ORDER BY settled_at DESC LIMIT 1 OFFSET ${String(invalidCount)}`,
  );
  if (last === undefined) return [];
  const rows = yield* rowsOf(
    `SELECT id FROM ${table} WHERE state = 'rejected' AND settled_at <= ? AND settled_at > ? AND reason = '${INVALID_TOKEN}' AND listed_at IS NULL
      LIMIT ${String(limit)}`,
    [numberOf(last['settled_at']), now - rejectedMs],
  );
  return rows.map((row) => String(row['id']));
}

function* forgetSenders(table: string, confirmedAt: number, limit: number): Script<void> {
  const rows = yield* rowsOf(`SELECT sender FROM ${table} WHERE confirmed_at <= ? LIMIT ${String(limit)}`, [
    confirmedAt,
  ]);
  if (rows.length === 0) return;
  const senders = rows.map((row) => String(row['sender']));
  yield* run(`DELETE FROM ${table} WHERE confirmed_at <= ? AND sender IN (${marks(senders.length)})`, [
    confirmedAt,
    ...senders,
  ]);
}

const keptFor = (state: FinalState, { endedMs, rejectedMs, ambiguousMs }: Retention): number =>
  state === 'rejected' ? rejectedMs : state === 'ambiguous' ? ambiguousMs : endedMs;
