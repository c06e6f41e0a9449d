import { afterFailure } from '../../inbox/after-failure.js';
import type { ClaimedCall, HeldCalls, IncomingCall, ListedCall, Release } from '../../inbox/inbox.port.js';
import { digestsOf } from '../../inbox/relisted.js';
import { CLAIM_COLUMNS, takeRows } from './call-rows.js';
import { receive, receiveListed } from './receive-calls.js';
import { clockOf, type Dialect, marks, numberOf, run, rowsOf, type Script } from './sql.js';

/** Stores calls whose tokens the caller has in its memory, and claims them. */
export function* receiveHeld(
  dialect: Dialect,
  table: string,
  calls: readonly IncomingCall[],
  leaseMs: number,
): Script<HeldCalls> {
  const digests = calls.flatMap(digestsOf);
  yield* receive(dialect, table, calls);
  const held = yield* claimUnheld(dialect, table, digests, leaseMs);
  const own = new Set(held.map(({ digest }) => digest));
  const rows = yield* rowsOf(
    `SELECT digest FROM ${table} WHERE digest IN (${marks(digests.length)}) AND state = 'pending' AND sealed IS NULL`,
    digests,
  );
  const elsewhere = rows.map((row) => String(row['digest'])).filter((digest) => !own.has(digest));
  return { held, elsewhere };
}

export function* receiveListedHeld(
  dialect: Dialect,
  table: string,
  calls: readonly ListedCall[],
  leaseMs: number,
): Script<readonly ClaimedCall[]> {
  const digests = calls.flatMap(digestsOf);
  yield* receiveListed(dialect, table, calls);
  return yield* claimUnheld(dialect, table, digests, leaseMs);
}

function* claimUnheld(
  dialect: Dialect,
  table: string,
  digests: readonly string[],
  leaseMs: number,
): Script<ClaimedCall[]> {
  const now = yield* clockOf(dialect);
  const rows = yield* rowsOf(
    `SELECT ${CLAIM_COLUMNS} FROM ${table} WHERE digest IN (${marks(digests.length)}) AND state = 'pending'
      AND sealed IS NULL AND due_at <= ? ${dialect.forUpdateSkipLocked}`,
    [...digests, now],
  );
  return yield* takeRows(table, rows, now, leaseMs);
}

/** Keeps claims whose fence still holds; rows that somebody is just writing are left out. */
export function* renew(
  dialect: Dialect,
  table: string,
  calls: readonly ClaimedCall[],
  leaseMs: number,
): Script<string[]> {
  const fences = new Map(calls.map(({ id, fence }) => [id, fence]));
  const rows = yield* rowsOf(
    `SELECT id, fence FROM ${table} WHERE id IN (${marks(fences.size)}) AND state = 'pending' ${dialect.forUpdateSkipLocked}`,
    [...fences.keys()],
  );
  const kept = rows
    .filter((row) => fences.get(String(row['id'])) === numberOf(row['fence']))
    .map((row) => String(row['id']));
  if (kept.length === 0) return [];
  const now = yield* clockOf(dialect);
  yield* run(`UPDATE ${table} SET due_at = ? WHERE id IN (${marks(kept.length)})`, [now + leaseMs, ...kept]);
  return kept;
}

/** The next attempt of a call that is not given back: its fence stays. */
export function* beginAgain(
  dialect: Dialect,
  table: string,
  call: ClaimedCall,
  failure: Release,
  leaseMs: number,
): Script<ClaimedCall | undefined> {
  const now = yield* clockOf(dialect);
  const { affected } = yield* run(
    `UPDATE ${table} SET due_at = ?, attempts = attempts + 1,
      unknown_attempts = unknown_attempts + ${failure.maybeSent ? '1' : '0'}, refusals = refusals + ${failure.isRefusal === true ? '1' : '0'}
      WHERE id = ? AND fence = ? AND state = 'pending'`,
    [now + leaseMs, call.id, call.fence],
  );
  if (affected === 0) return undefined;
  return afterFailure(call, failure);
}
