import type { ExpiredCalls, Retention } from '../../inbox/inbox.port.js';
import {
  type CallState,
  INVALID_TOKEN,
  KEY_MISSING,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
} from '../../model/call.js';
import {
  type CallPage,
  type CallQuery,
  type CallRecord,
  DIGEST_PREFIX_CHARS,
  pageMarkIn,
  pageMarkOf,
} from '../../model/call-record.js';
import type { MemoryRow, MemoryRows } from './memory-rows.js';

/** Ends unfinished calls that nobody is at work on as expired. */
export function expire(rows: MemoryRows, now: number, ttlMs: number, limit: number): ExpiredCalls {
  const late = rows
    .find((row) => row.state === 'pending' && row.dueAt <= now && row.receivedAt <= now - ttlMs)
    .slice(0, limit);
  const outcomeUnknownCount = late.filter((row) => row.unknownAttempts > 0).length;
  for (const row of late) {
    row.fence += 1;
    const isUnread = row.reason === KEY_MISSING;
    const reason =
      row.unknownAttempts > 0 ? TIME_TO_LIVE_OUTCOME_UNKNOWN : isUnread ? KEY_MISSING : TIME_TO_LIVE;
    rows.end(row, 'expired', now, { reason });
  }
  return { count: late.length, outcomeUnknownCount };
}

/** Deletes ended calls whose retention is over. */
export function purge(rows: MemoryRows, now: number, retention: Retention, limit: number): number {
  const over = rows
    .find(({ state, settledAt, listedAt = 0 }) => {
      const keptSince = now - keptFor(state, retention);
      return settledAt !== undefined && settledAt <= keptSince && listedAt <= keptSince;
    })
    .slice(0, limit);
  const beyond = tooMany(rows, retention.invalidCount).filter((row) => !over.includes(row));
  over.push(...beyond.slice(0, limit - over.length));
  for (const row of over) rows.byId.delete(row.id);
  for (const [sender, at] of rows.confirmedAt)
    if (at <= now - retention.senderMs) rows.confirmedAt.delete(sender);
  return over.length;
}

function tooMany(rows: MemoryRows, keptCount: number): MemoryRow[] {
  const rejected = rows.find(({ state }) => state === 'rejected');
  rejected.sort((a, b) => (b.settledAt ?? 0) - (a.settledAt ?? 0));
  return rejected
    .slice(keptCount)
    .filter(({ reason, listedAt }) => reason === INVALID_TOKEN && listedAt === undefined);
}

const keptFor = (state: CallState, { endedMs, rejectedMs, ambiguousMs }: Retention): number =>
  state === 'rejected' ? rejectedMs : state === 'ambiguous' ? ambiguousMs : endedMs;

/** One page of the calls in a state, latest first. */
export function list(rows: MemoryRows, { state, limit, after }: CallQuery): CallPage {
  const mark = after === undefined ? undefined : pageMarkIn(after);
  const found = rows
    .find((row) => row.state === state)
    .map((row) => ({ row, at: row.settledAt ?? row.receivedAt }))
    .sort((a, b) => b.at - a.at || (a.row.id < b.row.id ? 1 : -1))
    .filter(({ row, at }) => mark === undefined || at < mark.at || (at === mark.at && row.id < mark.id));
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const next = last === undefined ? undefined : pageMarkOf(last.at, last.row.id);
  return { calls: page.map(({ row }) => recordOf(row)), next };
}

const recordOf = (row: MemoryRow): CallRecord => {
  const { id, type, state, reason, receivedAt, occurredAt, settledAt, attempts } = row;
  const digestPrefix = row.digest.slice(0, DIGEST_PREFIX_CHARS);
  return { id, type, state, reason, receivedAt, occurredAt, settledAt, attempts, digestPrefix };
};

/** A reason stands on an unfinished call only while it waits after a failed attempt. */
export function hurry(rows: MemoryRows, now: number, id: string): boolean {
  const row = rows.byId.get(id);
  const isPaused = row?.state === 'pending' && row.reason !== undefined && row.sealed !== undefined;
  if (isPaused) row.dueAt = now;
  return isPaused;
}

export function discard(rows: MemoryRows, now: number, id: string, reason: string): boolean {
  const row = rows.unhealed(id);
  if (row === undefined) return false;
  row.fence += 1;
  rows.end(row, 'rejected', now, { reason });
  return true;
}
