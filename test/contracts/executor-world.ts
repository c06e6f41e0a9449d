import { expect } from '@jest/globals';
import type { ServerExecutor, SqlConnection, SqlResult, SqlValue, WorkLimits } from 'nestjs-meveto-logout';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

/** An executor with a pool of its own. */
export interface OpenedExecutor {
  readonly executor: ServerExecutor;
  /** Closes the pool. */
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly url: string;
  /** The largest number of connections of the pool. */
  readonly poolSize: number;
}

export const POOL_SIZE = 3;
/** A database with two tables, and the executor under test. */
export class ExecutorWorld {
  #database: TestDatabase | undefined;
  #opened: OpenedExecutor | undefined;

  constructor(private readonly open: (options: OpenOptions) => Promise<OpenedExecutor>) {}

  async start(): Promise<void> {
    this.#database = await createTestDatabase();
    this.#opened = await this.openAt(this.url);
    const instant = this.isPostgres ? 'timestamptz(3)' : 'datetime(3)';
    await this.run(
      `CREATE TABLE items (id bigint PRIMARY KEY, name varchar(200), is_set boolean, at_time ${instant})`,
    );
    await this.run('CREATE TABLE counters (id bigint PRIMARY KEY, n int NOT NULL)');
  }

  openAt(url: string): Promise<OpenedExecutor> {
    return this.open({ url, poolSize: POOL_SIZE });
  }

  async stop(): Promise<void> {
    await this.#opened?.executor.close?.();
    await this.#opened?.close();
    await this.#database?.drop();
  }

  async empty(): Promise<void> {
    for (const table of ['items', 'counters']) await this.run(`DELETE FROM ${table}`);
  }

  get url(): string {
    if (this.#database === undefined) throw new Error('it was not started');
    return this.#database.url;
  }

  get executor(): ServerExecutor {
    if (this.#opened === undefined) throw new Error('it was not started');
    return this.#opened.executor;
  }

  get isPostgres(): boolean {
    return this.executor.database === 'postgres';
  }

  /** Runs one statement, with `?` for parameters. */
  on(connection: SqlConnection, sql: string, params: readonly SqlValue[] = []): Promise<SqlResult> {
    let position = 0;
    const text =
      this.executor.placeholders === '?' ? sql : sql.replaceAll('?', () => `$${String((position += 1))}`);
    return connection.query(text, params);
  }

  /** Runs one statement outside any transaction. */
  run(sql: string, params: readonly SqlValue[] = []): Promise<SqlResult> {
    return this.executor.connection((connection) => this.on(connection, sql, params), limits());
  }

  transaction<T>(work: (connection: SqlConnection) => Promise<T>, signal?: WorkLimits['signal']): Promise<T> {
    return this.executor.transaction(work, limits(signal));
  }

  async count(table: string): Promise<number> {
    const { rows } = await this.run(`SELECT COUNT(*) AS n FROM ${table}`);
    return Number(rows[0]?.['n']);
  }

  add(connection: SqlConnection, id: SqlValue, name: SqlValue = null): Promise<SqlResult> {
    return this.on(connection, 'INSERT INTO items (id, name) VALUES (?, ?)', [id, name]);
  }

  async sessionOf(connection: SqlConnection): Promise<string> {
    const id = this.isPostgres ? 'pg_backend_pid()' : 'CONNECTION_ID()';
    const { rows } = await this.on(connection, `SELECT ${id} AS id`);
    return String(rows[0]?.['id']);
  }

  /** Uses all connections of the pool at the same time. */
  async useWholePool(executor = this.executor): Promise<void> {
    let entered = 0;
    const sessions = await Promise.all(
      Array.from({ length: POOL_SIZE }, () =>
        executor.transaction(async (connection) => {
          entered += 1;
          await until('all connections are in use', () => entered === POOL_SIZE, 5_000);
          return this.sessionOf(connection);
        }, limits()),
      ),
    );
    expect(new Set(sessions).size).toBe(POOL_SIZE);
  }
}

export const limits = (signal: WorkLimits['signal'] = new AbortController().signal): WorkLimits => ({
  timeoutMs: 5_000,
  signal,
});
