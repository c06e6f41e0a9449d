import { priorityOf, type Priority, type Room } from '../job.js';
import { hasKnownKind } from './job-rows.js';
import { clockOf, type Dialect, placeholders, numberOf, run, rowsOf, type Script, unindexed } from './sql.js';

/** The shortest time between two updates of one row. All webhooks of Meveto come from few addresses; this avoids lock conflicts. */
const CONFIRM_AGAIN_MS = 3_600_000;

/** The senders among these that were confirmed within the last `withinMs`. */
export function* confirmedAmong(
  dialect: Dialect,
  table: string,
  senders: readonly string[],
  withinMs: number,
): Script<string[]> {
  const rows = yield* rowsOf(
    `SELECT sender FROM ${table} WHERE sender IN (${placeholders(senders.length)}) AND confirmed_at > ${dialect.nowMs} - ?`,
    [...senders, withinMs],
  );
  return rows.map((row) => String(row['sender']));
}

/** Whether a sender that was confirmed then need not be marked as known again yet. */
export const isConfirmed = (confirmedAt: number, now: number): boolean =>
  confirmedAt >= now - CONFIRM_AGAIN_MS;

/** Marks a sender as known: Meveto named the user of one of its jobs. */
export function* confirm(dialect: Dialect, table: string, sender: string): Script<void> {
  const now = yield* clockOf(dialect);
  const [known] = yield* rowsOf(`SELECT confirmed_at FROM ${table} WHERE sender = ?`, [sender]);
  if (known === undefined) {
    yield* run(dialect.insertNew(table, ['sender', 'confirmed_at'], 1), [sender, now]);
  } else if (!isConfirmed(numberOf(known['confirmed_at']), now)) {
    yield* run(`UPDATE ${table} SET confirmed_at = ? WHERE sender = ?`, [now, sender]);
  }
}

/** The digests among these whose jobs are unfinished. */
export function* unfinishedAmong(table: string, digests: readonly string[]): Script<string[]> {
  const rows = yield* rowsOf(
    `SELECT digest FROM ${table} WHERE digest IN (${placeholders(digests.length)}) AND ${unindexed('state')} = 'pending'`,
    digests,
  );
  return rows.map((row) => String(row['digest']));
}

/** Counts the unfinished jobs of known kinds in each priority. */
export function* waitingByPriority(dialect: Dialect, table: string): Script<Record<Priority, number>> {
  const rows = yield* rowsOf(
    `SELECT priority, COUNT(*) AS job_count FROM ${table} WHERE state = 'pending' AND ${hasKnownKind(dialect)} GROUP BY priority`,
  );
  const waiting = { listed: 0, known: 0, unknown: 0 };
  for (const row of rows) waiting[priorityOf(numberOf(row['priority']))] = numberOf(row['job_count']);
  return waiting;
}

/** Gives the room to the jobs of one batch, in the order of the batch. */
export class FreePlaces {
  readonly #left: Record<Priority, number>;

  /** @param room unlimited by default */
  constructor(room: Room = { listed: Infinity, known: Infinity, unknown: Infinity }) {
    this.#left = { ...room };
  }

  /** Whether there is a place for each of these jobs, known ones included. */
  suffice(jobs: readonly { readonly priority: Priority }[]): boolean {
    const count = { listed: 0, known: 0, unknown: 0 };
    for (const { priority } of jobs) count[priority] += 1;
    return (
      count.listed <= this.#left.listed &&
      count.known <= this.#left.known &&
      count.unknown <= this.#left.unknown
    );
  }

  /** Takes a place in a priority. Returns false if there is none. */
  take(priority: Priority): boolean {
    if (this.#left[priority] <= 0) return false;
    this.#left[priority] -= 1;
    return true;
  }
}
