/** A value that a statement sends. On SQLite only strings, numbers, bigints and null. */
export type SqlValue = string | number | bigint | boolean | Date | null;

export interface SqlResult {
  /** The rows that a query returns, by column name. */
  readonly rows: readonly Record<string, unknown>[];
  /**
   * For INSERT, UPDATE and DELETE: the number of rows that the statement inserted or matched, including matched rows whose values
   * stay the same. Not read for a query.
   */
  readonly affected: number;
}

/** One connection of a database server, in one transaction or outside of any. */
export interface SqlConnection {
  /**
   * Runs one statement. The store sends the next statement only after the result of the last one.
   *
   * - `params` go to the server as parameters and never become part of the text.
   * - A string must be accepted where the column is a number, such as the id `'42'` for a bigint column. Drivers that bind a string
   *   as text on PostgreSQL refuse it: bind it without a type.
   * - A bigint column, and a count, may come back as number, bigint or string, a boolean also as 0 or 1, and an instant as Date or
   *   string: whatever the driver returns.
   * - `affected` counts matched rows, not changed ones. mysql2 does so by default (the flag `FOUND_ROWS`): keep the flag.
   *   The store checks this at start.
   * - A text that begins with SELECT or WITH returns rows; every other text is an INSERT, UPDATE or DELETE that returns none.
   * - Many drivers prepare statements, and take one statement at a time. The store never puts two statements into one text, and neither
   *   should an executor: on PostgreSQL one `SELECT set_config(…), set_config(…)` replaces several SETs.
   * @throws the error of the driver, unchanged or as `cause`, so that `codeOf` finds its code
   */
  query(sql: string, params: readonly SqlValue[]): Promise<SqlResult>;
}

/** The limits of one piece of work on a connection. */
export interface WorkLimits {
  /**
   * How long the store waits for the result in total, in milliseconds, waiting for a free connection included. Pass it on to a library
   * that limits the time of a transaction by itself. Other executors need not look at it: `signal` enforces it.
   */
  readonly timeoutMs: number;
  /**
   * Aborted when the store gives up, because the server did not answer in time. Then cut the connection off:
   *
   * - Close it at once, without waiting for the answer to the statement in progress. Never give it back to the pool: the next borrower
   *   would wait behind that statement.
   * - If no connection was obtained yet, give it back as soon as it comes, and do not begin.
   *
   * The store does not wait for the promise of `transaction` or `connection` any more, but it must settle once the connection is closed.
   */
  readonly signal: AbortSignal;
}

/**
 * Lends the store connections of a PostgreSQL, MariaDB or MySQL server. The application's library opens them and keeps the pool; the
 * statements, deadlines and retries are those of the store.
 *
 * After an error that leaves a statement without an answer, such as the query time-out of a driver, close the connection as on an
 * aborted `signal`.
 */
export interface ServerExecutor {
  /** The library that lends the connections, such as `Knex`, for the line at start. */
  readonly name?: string;
  readonly database: 'postgres' | 'mysql';
  /** How the library writes parameters. The store writes its statements accordingly. */
  readonly placeholders: '?' | '$1';
  /**
   * Whether an aborted `signal` closes the connection. If false, a connection whose network is silent stays in the pool until the driver
   * gives up on it. The store warns of that at start; give the driver a time-out.
   */
  readonly canCutOff: boolean;
  /**
   * Runs `work` in a new transaction. Commits when `work` resolves, and resolves with its value after the commit. Rolls back when `work`
   * rejects, and rejects with the same error.
   *
   * - Outside any transaction of the application, even when the store is called inside one (beware of libraries that find the
   *   transaction in an AsyncLocalStorage): a rollback of the application must not undo what was acknowledged.
   * - At READ COMMITTED, regardless of the database's default: a script reads again what it has waited for. The store checks the level at
   *   start on PostgreSQL; MariaDB and MySQL do not show that of a single transaction.
   * - Never repeated: `work` runs once. The store itself repeats a transaction after a deadlock, and must learn of it.
   * - Nothing else uses the connection meanwhile.
   * - A rejected COMMIT rejects.
   */
  transaction<T>(work: (connection: SqlConnection) => Promise<T>, limits: WorkLimits): Promise<T>;
  /** Runs `work`, which only reads, on one connection without a transaction. */
  connection<T>(work: (connection: SqlConnection) => Promise<T>, limits: WorkLimits): Promise<T>;
  /**
   * The code of a database error: the SQLSTATE on PostgreSQL (`'40P01'`), the name on MariaDB and MySQL (`'ER_LOCK_DEADLOCK'`). Undefined for
   * other errors. Libraries that wrap the driver's error have it in a `cause`.
   */
  codeOf(error: unknown): string | undefined;
  /** Called when the store is closed, or fails to start. Frees what the executor itself made; the pool belongs to the application. */
  close?(): Promise<void>;
}

/** The part of better-sqlite3's `Statement` that the store uses. */
export interface SqliteStatement {
  /** Whether the statement returns rows. */
  readonly reader: boolean;
  all(...params: SqlValue[]): unknown[];
  run(...params: SqlValue[]): { readonly changes: number };
}

/** The part of better-sqlite3's `Database` that the store uses. */
export interface SqliteConnection {
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  pragma(source: string, options?: { simple?: boolean }): unknown;
  close(): unknown;
}

/** Opens the application's SQLite file once more. The store needs a connection of its own, because a transaction blocks all others on it. */
export interface SqliteExecutor {
  /** The library that opens the file, such as `better-sqlite3`, for the line at start. */
  readonly name?: string;
  readonly database: 'sqlite';
  /**
   * Opens a new connection, which the store closes. Prepare it as the application prepares its own: encryption key, functions, native
   * binding. Open it with the busy time-out 0 (`new Database(file, { timeout: 0 })`), because a wait for a lock blocks the process. The store
   * itself sets foreign keys, the flush of commits to disk and the size of the WAL, and sets the busy time-out to 0 again.
   *
   * Close the connection if preparing it fails. On a locked file (`SQLITE_BUSY`) the store calls again.
   */
  open(): SqliteConnection | Promise<SqliteConnection>;
  /**
   * True if `open` returns the application's own connection, because its database is in memory. The store neither prepares nor closes this
   * connection, and waits while the application has a transaction open on it.
   * @defaultValue false
   */
  readonly sharesConnection?: boolean;
}
