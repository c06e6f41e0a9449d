import { LRUCache } from 'lru-cache';
import type { OrderedTimes } from '../ordered-times.js';
import { CLOCK_READINGS } from './clock-readings.js';
import type { SqliteConnection, SqliteStatement } from './executor.js';
import { type Dialect, type SqlResult, type Statement, valuesOf } from './sql.js';

/**
 * The SQL of SQLite.
 * @param nowMs an expression for the clock in epoch milliseconds
 */
export const sqliteDialect = (times: OrderedTimes, nowMs: string = CLOCK_READINGS.sqlite): Dialect => ({
  times,
  nowMs,
  isInProcess: true,
  // A transaction locks the whole database.
  forUpdate: '',
  forUpdateSkipLocked: '',
  exactly: (column) => column,
  isExactly: (column) => `${column} = ?`,
  insertNew: (into, columns, rowCount) =>
    `INSERT INTO ${into} (${columns.join(', ')}) VALUES ${valuesOf(columns, rowCount)} ON CONFLICT DO NOTHING`,
});

/** Runs statements on one connection to SQLite, and keeps them prepared. */
export class SqliteStatements {
  /** Bounded, because the text of a statement with a list of values is seldom reused. */
  readonly #prepared = new LRUCache<string, SqliteStatement>({ max: 500 });

  run({ sql, params }: Statement, database: SqliteConnection): SqlResult {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    if (statement.reader) {
      return { rows: statement.all(...params) as Record<string, unknown>[], affected: 0 };
    }
    return { rows: [], affected: statement.run(...params).changes };
  }

  clear(): void {
    this.#prepared.clear();
  }
}
