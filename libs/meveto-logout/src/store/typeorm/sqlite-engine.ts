import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Statement as PreparedStatement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import { ConfigurationError, MevetoLogoutError, StoreUnavailableError } from '../../errors.js';
import { GroupCommit } from './group-commit.js';
import { restMs } from './rest-after-commit.js';
import {
  type Dialect,
  play,
  type Script,
  SqlEngine,
  type SqlResult,
  type Statement,
  valuesOf,
} from './sql.js';

const RETRY_EVERY_MS = 5;
const IN_MEMORY = new Set(['', ':memory:']);

const sqlite: Dialect = {
  nowMs: "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)",
  forUpdate: '',
  forUpdateSkipLocked: '',
  insertNew: (into, columns, rowCount) =>
    `INSERT INTO ${into} (${columns.join(', ')}) VALUES ${valuesOf(columns, rowCount)} ON CONFLICT DO NOTHING`,
};

/**
 * SQLite on a connection of its own. TypeORM's query runners share one connection, so a statement of ours on it would
 * stand inside whatever transaction the application has open, and vanish with its rollback. Here a transaction runs from
 * BEGIN IMMEDIATE to COMMIT without leaving the event loop; while somebody else holds the lock it is tried again from a
 * timer, never by SQLite's busy handler, which would block the process.
 *
 * A database in memory cannot be opened twice: there the application's connection is used whenever it is between two
 * transactions.
 */
export class SqliteEngine extends SqlEngine {
  override readonly dialect = sqlite;
  /** Some texts are as long as their lists of values: few of those come again. */
  readonly #prepared = new LRUCache<string, PreparedStatement>({ max: 500 });
  readonly #group = new GroupCommit(failing);
  #database: Database | undefined;
  #isOwn = false;
  #isFlushDue = false;
  /** Until when the event loop is left alone, of `performance.now()`. */
  #restUntil = 0;

  constructor(
    private readonly dataSource: DataSource,
    override readonly timeoutMs: number,
  ) {
    super();
  }

  override async connect(): Promise<void> {
    const driver = this.dataSource.driver as unknown as BetterSqlite3Parts;
    if (this.dataSource.options.type !== 'better-sqlite3') {
      throw new ConfigurationError(['store: for SQLite use TypeORM’s driver better-sqlite3.']);
    }
    const file = driver.databaseConnection.name;
    this.#isOwn = !IN_MEMORY.has(file);
    this.#database = this.#isOwn ? await this.#open(driver, file) : driver.databaseConnection;
  }

  /** Without a WAL even what is read to open it waits for whoever is just writing. */
  async #open(driver: BetterSqlite3Parts, file: string): Promise<Database> {
    const giveUpAt = performance.now() + this.timeoutMs;
    for (;;) {
      const database = new driver.sqlite(file, { timeout: 0 });
      try {
        makeDurable(database, (this.dataSource.options as { key?: string }).key);
        return database;
      } catch (error) {
        database.close();
        if (!isBusy(error) || performance.now() > giveUpAt) throw failing('open the database', error);
      }
      await delay(RETRY_EVERY_MS);
    }
  }

  override checkTables(): Promise<void> {
    return Promise.resolve();
  }

  override close(): Promise<void> {
    this.#prepared.clear();
    if (this.#isOwn) this.#database?.close();
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
   * Whatever the event loop already holds joins the next commit. After each the event loop first gets as much time for
   * itself, and several times as much when many share it: Node accepts one connection a turn, and none while the disk is
   * waited for; and larger groups cost less.
   */
  #flushSoon(): void {
    this.#isFlushDue = true;
    const flush = (): void => {
      this.#flush();
    };
    const pauseMs = this.#restUntil - performance.now();
    if (pauseMs < 1) setImmediate(flush);
    else setTimeout(flush, pauseMs);
  }

  #flush(): void {
    const database = this.#database;
    if (database === undefined) return;
    const begunAt = performance.now();
    const { size } = this.#group;
    const busy = database.inTransaction
      ? new LockedByApplication()
      : this.#group.flush((statement) => this.#run(statement, database), isBusy);
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
      play(script, (statement) => this.#run(statement, database)),
    );
  }

  async #untilUnlocked<T>(operation: string, work: (database: Database) => T): Promise<T> {
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

  #attempt<T>(operation: string, work: (database: Database) => T): Attempt<T> {
    if (this.#database === undefined) throw new StoreUnavailableError(`${operation}: not connected`);
    try {
      return { done: true, value: work(this.#database) };
    } catch (error) {
      if (isBusy(error)) return { done: false, cause: error };
      throw failing(operation, error);
    }
  }

  #run({ sql, params }: Statement, database: Database): SqlResult {
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
}

const failing = (operation: string, error: unknown): unknown =>
  error instanceof MevetoLogoutError ? error : new StoreUnavailableError(operation, { cause: error });

/** On a shared connection: the application is between BEGIN and COMMIT. */
class LockedByApplication extends Error {
  readonly code = 'SQLITE_BUSY_APPLICATION';
}

type Attempt<T> =
  { readonly done: true; readonly value: T } | { readonly done: false; readonly cause: unknown };

/** The parts of TypeORM's driver that are used: its library and the application's open connection. */
interface BetterSqlite3Parts {
  readonly sqlite: new (file: string, options: { timeout: number }) => Database;
  readonly databaseConnection: Database;
}

function makeDurable(database: Database, key: string | undefined): void {
  if (key !== undefined) database.pragma(`key = ${JSON.stringify(key)}`);
  // An existing WAL file is opened with synchronous=NORMAL by default: an acknowledged call could vanish on power loss.
  // Without a WAL, FULL leaves out the folder: the journal of a commit could come back and undo it.
  const isWal = database.pragma('journal_mode', { simple: true }) === 'wal';
  database.pragma(`synchronous = ${isWal ? 'FULL' : 'EXTRA'}`);
  database.pragma('foreign_keys = ON');
  const synchronous = database.pragma('synchronous', { simple: true });
  if (Number(synchronous) < (isWal ? 2 : 3)) {
    throw new ConfigurationError([
      `store: SQLite answers synchronous=${String(synchronous)}, wanted ${isWal ? 'FULL (2)' : 'EXTRA (3)'}: an acknowledged call could be lost.`,
    ]);
  }
}

const isBusy = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
};
