import { clockOf, type Dialect, marks, numberOf, run, rowsOf, type Script } from './sql.js';

/** All of Meveto's calls come from few addresses: their rows must not be fought over. */
const CONFIRM_AGAIN_MS = 3_600_000;

/** Those of these senders that were confirmed within `withinMs`. */
export function* confirmedAmong(
  dialect: Dialect,
  table: string,
  senders: readonly string[],
  withinMs: number,
): Script<string[]> {
  const rows = yield* rowsOf(
    `SELECT sender FROM ${table} WHERE sender IN (${marks(senders.length)}) AND confirmed_at > ${dialect.nowMs} - ?`,
    [...senders, withinMs],
  );
  return rows.map((row) => String(row['sender']));
}

/** Meveto named the person of a call from there: its next calls need not wait among strangers. */
export function* confirm(dialect: Dialect, table: string, sender: string): Script<void> {
  const now = yield* clockOf(dialect);
  const [known] = yield* rowsOf(`SELECT confirmed_at FROM ${table} WHERE sender = ?`, [sender]);
  if (known === undefined) {
    yield* run(dialect.insertNew(table, ['sender', 'confirmed_at'], 1), [sender, now]);
  } else if (numberOf(known['confirmed_at']) < now - CONFIRM_AGAIN_MS) {
    yield* run(`UPDATE ${table} SET confirmed_at = ? WHERE sender = ?`, [now, sender]);
  }
}
