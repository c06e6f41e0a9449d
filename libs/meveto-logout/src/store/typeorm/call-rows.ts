import { randomUUID } from 'node:crypto';
import type { ClaimedCall, IncomingCall, ListedCall } from '../../inbox/inbox.port.js';
import { type CallState, isCallType, LOGGED_OUT } from '../../model/call.js';
import { laneOf, rankOf } from '../../model/lane.js';
import { marks, numberOf, run, type Script, type SqlValue } from './sql.js';

/** The columns of a new call, in the order of {@link newRow}. */
export const NEW_CALL_COLUMNS = [
  'id',
  'digest',
  'source_id',
  'type',
  'state',
  'sealed',
  'lane',
  'sender',
  'received_at',
  'occurred_at',
  'due_at',
  'fence',
  'attempts',
  'unknown_attempts',
  'refusals',
  'listed_at',
] as const;

/** The values of a new call, of the pending list if it comes from there. */
export function newRow(
  { type, digest, sealed, lane, sender, sourceId, createdAt }: IncomingCall & Partial<ListedCall>,
  now: number,
  state: CallState = 'pending',
): SqlValue[] {
  const occurredAt = Math.min(createdAt ?? now, now);
  const facts = [digest, sourceId ?? null, type, state, sealed ?? null, rankOf(lane), sender ?? null];
  const listedAt = sourceId === undefined ? null : now;
  return [randomUUID(), ...facts, now, occurredAt, now, 0, 0, 0, 0, listedAt];
}

/** What a claim needs to see of a row. */
export const CLAIM_COLUMNS =
  'id, type, digest, sealed, lane, fence, attempts, unknown_attempts, refusals, received_at, occurred_at';

/** Takes these rows for a worker, as they were read and locked before. */
export function* takeRows(
  table: string,
  rows: readonly Record<string, unknown>[],
  now: number,
  leaseMs: number,
): Script<ClaimedCall[]> {
  if (rows.length === 0) return [];
  yield* run(
    `UPDATE ${table} SET due_at = ?, reason = NULL, fence = fence + 1, attempts = attempts + 1,
      unknown_attempts = unknown_attempts + 1 WHERE id IN (${marks(rows.length)})`,
    [now + leaseMs, ...rows.map((row) => row['id'] as string)],
  );
  return rows.map((row) => claimedCall(row, now));
}

/** What a worker may know of a row that it claimed, as it was before the claim. */
function claimedCall(row: Record<string, unknown>, now: number): ClaimedCall {
  const unknownAttempts = numberOf(row['unknown_attempts']);
  const refusals = numberOf(row['refusals']);
  const receivedAt = numberOf(row['received_at']);
  const type = String(row['type']);
  return {
    id: String(row['id']),
    type: isCallType(type) ? type : LOGGED_OUT,
    digest: String(row['digest']),
    sealed: (row['sealed'] as string | null) ?? undefined,
    lane: laneOf(numberOf(row['lane'])),
    fence: numberOf(row['fence']) + 1,
    attempts: numberOf(row['attempts']) + 1,
    earlierAttemptUnknown: unknownAttempts > 0,
    turnedAwayTimes: refusals === unknownAttempts ? refusals : 0,
    receivedAt,
    receivedTick: performance.now() - (now - receivedAt),
    occurredAt: numberOf(row['occurred_at']),
  };
}
