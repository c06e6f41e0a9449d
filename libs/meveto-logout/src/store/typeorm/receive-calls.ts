import type { IncomingCall, ListedCall, OpenedCalls } from '../../inbox/inbox.port.js';
import { digestsOf, goesOnWithToken, isSameToken, whenListedAgain } from '../../inbox/relisted.js';
import { type CallState, KEY_MISSING, REPLACED } from '../../model/call.js';
import { rankOf } from '../../model/lane.js';
import { NEW_CALL_COLUMNS, newRow } from './call-rows.js';
import {
  clockOf,
  type Dialect,
  marks,
  numberOf,
  run,
  rowsOf,
  type Script,
  type SqlResult,
  type SqlValue,
} from './sql.js';

/** A list that is read every second needs no write each time. */
const NOTED_FOR_MS = 30_000;

/** Stores calls that are not known yet, and opens those again that go on with their tokens; resolves with how many. */
export function* receive(dialect: Dialect, table: string, calls: readonly IncomingCall[]): Script<number> {
  const now = yield* clockOf(dialect);
  const rows = (yield* unknownToEarlierKeys(table, calls)).map((call) => newRow(call, now));
  const insert = dialect.insertNew(table, NEW_CALL_COLUMNS, rows.length);
  const newCount = rows.length === 0 ? 0 : (yield* run(insert, rows.flat())).affected;
  return newCount === calls.length ? newCount : newCount + (yield* receivedAgain(dialect, table, calls, now));
}

/**
 * Opens what goes on with its token, and keeps the token of what waits without. Looked up without a lock: a call that somebody is at
 * work on is not waited for.
 */
function* receivedAgain(
  dialect: Dialect,
  table: string,
  calls: readonly IncomingCall[],
  now: number,
): Script<number> {
  const digests = calls.flatMap(digestsOf);
  const rows = yield* rowsOf(
    `SELECT id, digest, source_id, state, reason, CASE WHEN sealed IS NULL THEN 1 ELSE 0 END AS is_unsealed FROM ${table}
      WHERE digest IN (${marks(digests.length)})`,
    digests,
  );
  let count = 0;
  for (const call of calls) {
    const row = rowOfToken(rows, call);
    if (row === undefined) continue;
    if (goesOnWithToken(stateOf(row), reasonOf(row))) count += yield* reopen(dialect, table, row, call, now);
    else if (stateOf(row) === 'pending' && numberOf(row['is_unsealed']) === 1)
      yield* keepToken(table, row, call);
  }
  return count;
}

/** While keys are changed a token may be known twice: by the current key, which counts then, and by an earlier one. */
const rowOfToken = (rows: readonly Row[], call: IncomingCall): Row | undefined =>
  rows.find((row) => row['digest'] === call.digest) ??
  rows.find((row) => isSameToken(String(row['digest']), call));

/** The token was in the memory of one process only, which may be gone: from now on whoever has the call's turn has it. */
function* keepToken(table: string, row: Row, { digest, sealed }: IncomingCall): Script<void> {
  if (sealed === undefined) return;
  // It is sealed for this digest.
  yield* run(
    `UPDATE ${table} SET sealed = ?, digest = ? WHERE id = ? AND state = 'pending' AND sealed IS NULL`,
    [sealed, digest, String(row['id'])],
  );
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
): Script<OpenedCalls> {
  const now = yield* clockOf(dialect);
  const opened = { newCount: 0, reopenedCount: 0 };
  for (const call of calls) {
    const [unknown] = yield* unknownToEarlierKeys(table, [call]);
    const row = unknown === undefined ? undefined : newRow(call, now);
    if (row !== undefined && (yield* isInserted(dialect, table, row))) opened.newCount += 1;
    else if (yield* listedAgain(dialect, table, call, now)) opened.reopenedCount += 1;
  }
  return opened;
}

function* isInserted(dialect: Dialect, table: string, row: readonly SqlValue[]): Script<boolean> {
  return (yield* run(dialect.insertNew(table, NEW_CALL_COLUMNS, 1), row)).affected > 0;
}

/** A known call is listed: what the list says of it that is new decides. True if it is to be worked on again. */
function* listedAgain(dialect: Dialect, table: string, call: ListedCall, now: number): Script<boolean> {
  const digests = digestsOf(call);
  const rows = yield* rowsOf(
    `SELECT id, digest, source_id, state, reason, listed_at FROM ${table} WHERE source_id = ? OR digest IN (${marks(digests.length)}) ${dialect.forUpdate}`,
    [call.sourceId, ...digests],
  );
  yield* noteListed(table, rows, now);
  // Of two, one is known by its token, and the other by Meveto's id, which stays where it is.
  const row = rowOfToken(rows, call) ?? rows[0];
  if (row === undefined) return false;
  const hasNamesake = rows.length > 1;
  const sourceId = hasNamesake ? call.sourceId : (row['source_id'] as string | null);
  const known = { digest: String(row['digest']), sourceId, state: stateOf(row), reason: reasonOf(row) };
  switch (whenListedAgain(known, call)) {
    case 'leave':
      return false;
    case 'name':
      yield* run(`UPDATE ${table} SET source_id = ? WHERE id = ?`, [call.sourceId, String(row['id'])]);
      return false;
    case 'reopen':
      return (
        (yield* reopen(dialect, table, hasNamesake ? row : { ...row, source_id: call.sourceId }, call, now)) >
        0
      );
  }
}

/** What is listed is kept: once forgotten it would be taken for a new call. */
function* noteListed(table: string, rows: readonly Row[], now: number): Script<void> {
  for (const row of rows) {
    if (numberOf(row['listed_at']) > now - NOTED_FOR_MS) continue;
    yield* run(`UPDATE ${table} SET listed_at = ? WHERE id = ?`, [now, String(row['id'])]);
  }
}

/** Unless somebody else has done so in between. What is known of attempts with the same token stays known. */
function* reopen(dialect: Dialect, table: string, row: Row, call: IncomingCall, now: number): Script<number> {
  const isNewToken = !isSameToken(String(row['digest']), call);
  const { affected } = yield* run(
    `UPDATE ${table} SET state = 'pending', digest = ?, source_id = ?, sealed = ?, lane = ?, due_at = ?, received_at = ?,
      fence = fence + 1, ${isNewToken ? 'unknown_attempts = 0, refusals = 0,' : ''} settled_at = NULL, reason = NULL
      WHERE id = ? AND state = ? AND (state <> 'pending' OR reason = '${KEY_MISSING}')`,
    [
      call.digest,
      row['source_id'] as string | null,
      call.sealed ?? null,
      rankOf(call.lane),
      now,
      now,
      String(row['id']),
      stateOf(row),
    ],
  );
  if (affected > 0 && isNewToken) yield* rememberReplaced(dialect, table, row, call, now);
  return affected;
}

/** The token that a call had before stays known, by a row of its own. */
function* rememberReplaced(
  dialect: Dialect,
  table: string,
  row: Row,
  call: IncomingCall,
  now: number,
): Script<void> {
  const { type, lane } = call;
  const replaced = { type, lane, digest: String(row['digest']), sealed: undefined, sender: undefined };
  const columns = [...NEW_CALL_COLUMNS, 'settled_at', 'reason'];
  const values = newRow(replaced, now, 'rejected');
  yield* run(dialect.insertNew(table, columns, 1), [...values, now, REPLACED]);
}

type Row = SqlResult['rows'][number];
const stateOf = (row: Row): CallState => row['state'] as CallState;
const reasonOf = (row: Row): string | null => row['reason'] as string | null;
