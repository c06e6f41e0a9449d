import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { ConfigurationError } from '../../core/index.js';
import { StoreUnavailableError } from '../errors.js';
import type { OrderedTimes } from '../ordered-times.js';
import { CLOCK_READINGS } from './clock-readings.js';
import type { SqliteConnection, SqliteExecutor, SqliteStatement } from './executor.js';
import { GroupCommit, restMs } from './group-commit.js';
import { failing, isBusy, isRowFault, openConnection, RETRY_EVERY_MS } from './sqlite-connection.js';
import {
  type Dialect,
  play,
  rowsOf,
  type Script,
  SqlEngine,
  type SqlResult,
  type Statement,
  valuesOf,
} from './sql.js';

/** A turn of the event loop that took less time has done nothing. An idle turn takes a few microseconds, an event more than 30. */
const IDLE_TURN_MS = 0.02;

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

/**
 * SQLite with its own connection. Libraries share one connection, so a statement of the module on that connection would join an open
 * transaction of the application and be rolled back with it. A transaction runs from BEGIN IMMEDIATE to COMMIT in one turn of the
 * event loop. While the database is locked, a timer retries. SQLite's busy handler is off, because it blocks the process.
 *
 * A database in memory cannot be opened twice. There the engine uses the application's connection between two transactions.
 */
export class SqliteEngine extends SqlEngine {
  override readonly dialect: Dialect = sqliteDialect(this.times);
  readonly #statements = new SqliteStatements();
  readonly #group = new GroupCommit(failing);
  #database: SqliteConnection | undefined;
  #isFlushDue = false;
  /** The end of the pause after a commit, of `performance.now()`. */
  #restUntil = 0;

  constructor(
    private readonly executor: SqliteExecutor,
    override readonly timeoutMs: number,
  ) {
    super();
  }

  override async connect(): Promise<void> {
    this.#database = this.executor.sharesConnection
      ? await this.executor.open()
      : await openConnection(this.executor, this.timeoutMs);
  }

  /** Checks that all tables are in one file: a transaction on two files may be written to one of them only. */
  override async checkTables(tables: readonly string[]): Promise<void> {
    const faults: string[] = [];
    for (const table of tables) {
      const [name = '', schema] = table.split('.').map(unquoted).reverse();
      const rows = await this.read('read a table definition', () =>
        rowsOf('SELECT schema FROM pragma_table_list WHERE name = ? COLLATE NOCASE', [name]),
      );
      const schemas = schema === undefined ? rows.map((row) => row['schema']) : [schema];
      if (schemas.length > 0 && !schemas.includes('main'))
        faults.push(
          `store: the table ${table} lies in an attached file: a logout could be written in part. Keep the tables that the module ` +
            'reads and writes in the file that the application opens.',
        );
    }
    if (faults.length > 0) throw new ConfigurationError(faults);
  }

  override close(): Promise<void> {
    this.#statements.clear();
    if (!this.executor.sharesConnection) this.#database?.close();
    this.#database = undefined;
    this.#isFlushDue = false;
    this.#group.giveUp((operation) => new StoreUnavailableError(`${operation}: the store was closed`));
    return Promise.resolve();
  }

  override transaction<T>(operation: string, script: () => Script<T>): Promise<T> {
    if (this.#database === undefined) {
      return Promise.reject(new StoreUnavailableError(`${operation}: not connected`));
    }
    const committed = this.#group.add(operation, script, performance.now() + this.timeoutMs);
    if (!this.#isFlushDue) this.#flushSoon();
    return committed;
  }

  /**
   * Flushes after the present events, so that all of them join the next commit, and not before the end of the pause. Node accepts
   * one connection in each turn of the event loop, and none during a commit; the pause leaves time to accept connections, and
   * makes larger, cheaper groups. The pause ends early after a turn without other work.
   * @param turnBegunAt of `performance.now()`; by default the turn has begun before its scripts came
   */
  #flushSoon(turnBegunAt = -Infinity): void {
    this.#isFlushDue = true;
    setImmediate(() => {
      const now = performance.now();
      const isIdle = now - turnBegunAt < IDLE_TURN_MS;
      if (isIdle || now >= this.#restUntil) this.#flush();
      else this.#flushSoon(now);
    });
  }

  #flush(): void {
    const database = this.#database;
    if (database === undefined) return;
    const begunAt = performance.now();
    const { size } = this.#group;
    const busy = database.inTransaction
      ? new LockedByApplication()
      : this.#group.flush((statement) => this.#statements.run(statement, database), { isBusy, isRowFault });
    const endedAt = performance.now();
    this.#restUntil = endedAt + restMs(endedAt - begunAt, size);
    this.#isFlushDue = false;
    if (busy === undefined) {
      if (this.#group.size > 0) this.#flushSoon();
      return;
    }
    const stayedLocked = (operation: string) =>
      new StoreUnavailableError(`${operation}: the database stayed locked`, { cause: busy });
    this.#group.giveUp(stayedLocked, performance.now());
    if (this.#group.size === 0) return;
    this.#isFlushDue = true;
    setTimeout(() => {
      this.#flush();
    }, RETRY_EVERY_MS);
  }

  override read<T>(operation: string, script: () => Script<T>): Promise<T> {
    return this.#untilUnlocked(operation, (database) =>
      play(script, (statement) => this.#statements.run(statement, database)),
    );
  }

  async #untilUnlocked<T>(operation: string, work: (database: SqliteConnection) => T): Promise<T> {
    const giveUpAt = performance.now() + this.timeoutMs;
    for (;;) {
      const attempt = this.#attempt(operation, work);
      if (attempt.done) return attempt.value;
      if (performance.now() >= giveUpAt) {
        throw new StoreUnavailableError(`${operation}: the database stayed locked`, { cause: attempt.cause });
      }
      await delay(RETRY_EVERY_MS);
    }
  }

  #attempt<T>(operation: string, work: (database: SqliteConnection) => T): Attempt<T> {
    if (this.#database === undefined) throw new StoreUnavailableError(`${operation}: not connected`);
    try {
      return { done: true, value: work(this.#database) };
    } catch (error) {
      if (isBusy(error)) return { done: false, cause: error };
      throw failing(operation, error);
    }
  }
}

/** The application has a transaction open on the shared connection. */
class LockedByApplication extends Error {
  readonly code = 'SQLITE_BUSY_APPLICATION';
}

type Attempt<T> =
  { readonly done: true; readonly value: T } | { readonly done: false; readonly cause: unknown };

const unquoted = (name: string): string => name.replace(/^"|"$/g, '').replaceAll('""', '"');
