import type { ServerExecutor, SqlConnection, SqlResult, SqlValue, WorkLimits } from './executor.js';

/** What a driver does with one of its connections. */
export interface Driver<C> {
  /** The library that has the pool, for the line at start. */
  readonly name: string;
  readonly database: 'postgres' | 'mysql';
  readonly placeholders: '?' | '$1';
  /** The statements that begin a transaction at READ COMMITTED. */
  readonly begin: readonly string[];
  query(connection: C, sql: string, params: readonly SqlValue[]): Promise<SqlResult>;
  /**
   * Runs statements without parameters in one message, which saves round trips. Resolves with the result of the last one. Absent if the
   * driver takes one statement at a time.
   */
  queryAll?(connection: C, statements: readonly string[]): Promise<SqlResult>;
  /** Whether the server reported this error. After any other error the answer to the statement may still arrive. */
  isAnswer(error: unknown): boolean;
}

/** Where a driver's connections come from. */
export interface Pool<C> {
  take(): Promise<C>;
  giveBack(connection: C): void;
  /** Closes a taken connection at once, and lets the pool open another one in its place. */
  discard(connection: C): void;
}

/** An executor that takes connections out of the application's pool. They are outside any transaction of the application. */
export function pooledExecutor<C>(driver: Driver<C>, pool: Pool<C>): ServerExecutor {
  return new PooledExecutor(driver, pool);
}

class PooledExecutor<C> implements ServerExecutor {
  readonly name: string;
  readonly database: 'postgres' | 'mysql';
  readonly placeholders: '?' | '$1';
  readonly canCutOff = true;

  constructor(
    private readonly driver: Driver<C>,
    private readonly pool: Pool<C>,
  ) {
    this.name = driver.name;
    this.database = driver.database;
    this.placeholders = driver.placeholders;
  }

  transaction<T>(work: (connection: SqlConnection) => Promise<T>, { signal }: WorkLimits): Promise<T> {
    return this.#lend(signal, async (lent) => {
      try {
        lent.begin();
        const value = await work(lent);
        await lent.query('COMMIT', []);
        return value;
      } catch (error) {
        // A connection with an open transaction must not get back into the pool.
        await lent.query('ROLLBACK', []).catch(() => {
          lent.discard();
        });
        throw error;
      }
    });
  }

  connection<T>(work: (connection: SqlConnection) => Promise<T>, { signal }: WorkLimits): Promise<T> {
    return this.#lend(signal, work);
  }

  codeOf(error: unknown): string | undefined {
    return codeIn(this.database, error);
  }

  async #lend<T>(signal: AbortSignal, work: (lent: LentConnection<C>) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const lent = new LentConnection(await this.pool.take(), this.driver, this.pool);
    const discard = (): void => {
      lent.discard();
    };
    signal.addEventListener('abort', discard);
    try {
      signal.throwIfAborted();
      return await work(lent);
    } finally {
      signal.removeEventListener('abort', discard);
      lent.giveBack();
    }
  }
}

/** A connection from its way out of the pool until its way back. */
class LentConnection<C> implements SqlConnection {
  #isOver = false;
  /** Statements that the next one follows. */
  #before: readonly string[] = [];
  #fail!: (error: Error) => void;
  /** Rejects once the connection is closed: a driver may never reject the statement in progress. */
  readonly #closed = new Promise<never>((_resolve, reject) => (this.#fail = reject));

  constructor(
    private readonly connection: C,
    private readonly driver: Driver<C>,
    private readonly pool: Pool<C>,
  ) {
    this.#closed.catch(() => undefined);
  }

  /** Begins a transaction together with the next statement. */
  begin(): void {
    this.#before = this.driver.begin;
  }

  async query(sql: string, params: readonly SqlValue[]): Promise<SqlResult> {
    const before = this.#before;
    this.#before = [];
    const { driver, connection } = this;
    if (before.length > 0 && params.length === 0 && driver.queryAll !== undefined)
      return this.#answer(driver.queryAll.bind(driver, connection, [...before, sql]));
    for (const each of before) await this.#answer(() => driver.query(connection, each, []));
    return this.#answer(() => driver.query(connection, sql, params));
  }

  async #answer(ask: () => Promise<SqlResult>): Promise<SqlResult> {
    if (this.#isOver) throw new Error(CLOSED);
    try {
      return await Promise.race([ask(), this.#closed]);
    } catch (error) {
      if (!this.driver.isAnswer(error)) this.discard();
      throw error;
    }
  }

  discard(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.pool.discard(this.connection);
    this.#fail(new Error(CLOSED));
  }

  giveBack(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.pool.giveBack(this.connection);
  }
}

const CLOSED = 'The connection to the database was closed.';

/** No class of SQLSTATE begins with E, as codes of Node.js such as EPIPE do. */
const CODES = { postgres: /^(?!E)[0-9A-Z]{5}$/, mysql: /^ER_/ };

/** The code of a database error: its own, or that of an error that a library has wrapped. */
export function codeIn(database: 'postgres' | 'mysql', error: unknown): string | undefined {
  for (let each = error; typeof each === 'object' && each !== null; each = (each as Wrapping).cause) {
    const { code } = each as Wrapping;
    if (typeof code === 'string' && CODES[database].test(code)) return code;
  }
  return undefined;
}

/** The part of pg's `Client` that runs statements. */
export interface PgQueries {
  query(query: { text: string; values: unknown[] }): Promise<PgAnswer>;
}

interface PgAnswer {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
}

/** Runs statements on a connection of pg in one message. pg answers several statements with a list of results. */
export async function queryAllOnPg(client: PgQueries, statements: readonly string[]): Promise<SqlResult> {
  const answer = [await client.query({ text: statements.join('; '), values: [] })].flat().at(-1);
  return { rows: answer?.rows ?? [], affected: answer?.rowCount ?? 0 };
}

interface Wrapping {
  readonly code?: unknown;
  readonly cause?: unknown;
}
