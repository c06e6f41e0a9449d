import { StoreUnavailableError } from '../errors.js';
import type { SqliteConnection } from '../sql/executor.js';
import { type Dialect, play, type RunStatement, type Script, SqlEngine } from '../sql/sql.js';
import { failing } from '../sql/sqlite-connection.js';
import { sqliteDialect, SqliteStatements } from '../sql/sqlite-engine.js';
import { NOW_MS } from './memory-database.js';

/**
 * Runs each script at once, from its first statement to its outcome, without group commit: there is no disk, and no other connection
 * holds a lock. No timer is involved, so that tests may use fake timers.
 */
export class MemoryEngine extends SqlEngine {
  override readonly dialect: Dialect = sqliteDialect(this.times, NOW_MS);
  readonly #statements = new SqliteStatements();
  #database: SqliteConnection | undefined;

  /** @param open opens the database, or returns the open one */
  constructor(
    private readonly open: () => Promise<SqliteConnection>,
    override readonly timeoutMs: number,
  ) {
    super();
  }

  override async connect(): Promise<void> {
    this.#database = await this.open();
  }

  override checkTables(): Promise<void> {
    return Promise.resolve();
  }

  /** Leaves the database open for other applications with the same memory store. */
  override close(): Promise<void> {
    this.#statements.clear();
    this.#database = undefined;
    return Promise.resolve();
  }

  override transaction<T>(operation: string, script: () => Script<T>): Promise<T> {
    return this.#attempt(operation, (runOne) => {
      runOne({ sql: 'BEGIN', params: [] });
      try {
        const value = play(script, runOne);
        runOne({ sql: 'COMMIT', params: [] });
        return value;
      } catch (error) {
        runOne({ sql: 'ROLLBACK', params: [] });
        throw error;
      }
    });
  }

  override read<T>(operation: string, script: () => Script<T>): Promise<T> {
    return this.#attempt(operation, (runOne) => play(script, runOne));
  }

  /** Runs work in a microtask of its own, so that an operation that is called within a transaction begins after it. */
  async #attempt<T>(operation: string, work: (runOne: RunStatement) => T): Promise<T> {
    await Promise.resolve();
    const database = this.#database;
    if (database === undefined) throw new StoreUnavailableError(`${operation}: not connected`);
    try {
      return work((statement) => this.#statements.run(statement, database));
    } catch (error) {
      throw failing(operation, error);
    }
  }
}
