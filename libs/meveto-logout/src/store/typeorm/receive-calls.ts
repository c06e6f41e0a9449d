import type { IncomingCall, ListedCall } from '../../inbox/inbox.port.js';
import { isSameToken, whenListedAgain } from '../../inbox/relisted.js';
import type { CallState } from '../../model/call.js';
import { rankOf } from '../../model/lane.js';
import { NEW_CALL_COLUMNS, newRow } from './call-rows.js';
import { clockOf, type Dialect, marks, run, rowsOf, type Script, type SqlValue } from './sql.js';

/** Stores calls that are not known yet; resolves with how many were new. */
export function* receive(dialect: Dialect, table: string, calls: readonly IncomingCall[]): Script<number> {
  const now = yield* clockOf(dialect);
  const rows = (yield* unknownToEarlierKeys(table, calls)).map((call) => newRow(call, now));
  if (rows.length === 0) return 0;
  const sql = dialect.insertNew(table, NEW_CALL_COLUMNS, rows.length);
  return (yield* run(sql, rows.flat())).affected;
}

/** Those that no row has the digest of which an earlier key made. */
export function* unknownToEarlierKeys<T extends IncomingCall>(
  table: string,
  calls: readonly T[],
): Script<readonly T[]> {
  const digests = calls.flatMap(({ earlierDigests = [] }) => earlierDigests);
  if (digests.length === 0) return calls;
  const rows = yield* rowsOf(
    `SELECT digest FROM ${table} WHERE digest IN (${marks(digests.length)})`,
    digests,
  );
  const known = new Set(rows.map((row) => String(row['digest'])));
  return calls.filter(({ earlierDigests = [] }) => !earlierDigests.some((digest) => known.has(digest)));
}

/** Stores calls of the pending list; resolves with how many are to be worked on. */
export function* receiveListed(
  dialect: Dialect,
  table: string,
  calls: readonly ListedCall[],
): Script<number> {
  const now = yield* clockOf(dialect);
  let open = 0;
  for (const call of calls) {
    const [unknown] = yield* unknownToEarlierKeys(table, [call]);
    const row = unknown === undefined ? undefined : newRow(call, now, call.sourceId, call.createdAt);
    const isNew = row !== undefined && (yield* isInserted(dialect, table, row));
    if (isNew || (yield* listedAgain(dialect, table, call, now))) open += 1;
  }
  return open;
}

function* isInserted(dialect: Dialect, table: string, row: readonly SqlValue[]): Script<boolean> {
  return (yield* run(dialect.insertNew(table, NEW_CALL_COLUMNS, 1), row)).affected > 0;
}

/** A known call is listed: what the list says of it that is new decides. True if it is to be worked on again. */
function* listedAgain(dialect: Dialect, table: string, call: ListedCall, now: number): Script<boolean> {
  const digests = [call.digest, ...(call.earlierDigests ?? [])];
  const known = yield* rowsOf(
    `SELECT id, digest, source_id, state FROM ${table} WHERE source_id = ? OR digest IN (${marks(digests.length)}) ${dialect.forUpdate}`,
    [call.sourceId, ...digests],
  );
  const [row] = known;
  if (row === undefined || known.length > 1) return false;
  const id = String(row['id']);
  const digest = String(row['digest']);
  const sourceId = row['source_id'] as string | null;
  switch (whenListedAgain({ digest, sourceId, state: row['state'] as CallState }, call)) {
    case 'leave':
      return false;
    case 'name':
      yield* run(`UPDATE ${table} SET source_id = ? WHERE id = ?`, [call.sourceId, id]);
      return false;
    case 'reopen':
      yield* reopen(table, id, call, !isSameToken(digest, call), now);
      return true;
  }
}

function* reopen(
  table: string,
  id: string,
  call: ListedCall,
  isNewToken: boolean,
  now: number,
): Script<void> {
  yield* run(
    `UPDATE ${table} SET state = 'pending', digest = ?, source_id = ?, sealed = ?, lane = ?, due_at = ?, received_at = ?,
      fence = fence + 1, unknown_attempts = ${isNewToken ? '0' : 'unknown_attempts'}, settled_at = NULL, reason = NULL
      WHERE id = ?`,
    [call.digest, call.sourceId, call.sealed ?? null, rankOf(call.lane), now, now, id],
  );
}
