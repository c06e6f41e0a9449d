import type { QueryRunner } from 'typeorm';
import { postgresRisk } from './durability-risk.js';
import { type Failure, PooledEngine } from './pooled-engine.js';
import { type Dialect, valuesOf } from './sql.js';

const postgres: Dialect = {
  nowMs: 'CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)',
  forUpdate: 'FOR UPDATE',
  forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED',
  insertNew: (into, columns, rowCount) =>
    `INSERT INTO ${into} (${columns.join(', ')}) VALUES ${valuesOf(columns, rowCount)} ON CONFLICT DO NOTHING`,
};

/** Deadlock, serialization failure: the transaction was rolled back whole and may be tried again. */
const TRY_AGAIN = new Set(['40001', '40P01']);
/** SQLSTATE class of data exceptions: a value does not fit its column. */
const DATA_EXCEPTION = '22';

const MAX_TEXTS = 500;

/** PostgreSQL. */
export class PostgresEngine extends PooledEngine {
  override readonly dialect = postgres;
  protected override readonly durabilityQuery =
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit";
  readonly #texts = new Map<string, string>();

  override async connect(): Promise<void> {
    const { master } = this.dataSource.driver as Partial<PostgresDriver>;
    master?.on('connect', outliveItsEnd);
    await super.connect();
  }

  override async close(): Promise<void> {
    const { master } = this.dataSource.driver as Partial<PostgresDriver>;
    master?.off('connect', outliveItsEnd);
    await super.close();
  }

  override checkTables(): Promise<void> {
    return Promise.resolve();
  }

  protected override async begin(runner: QueryRunner): Promise<void> {
    await runner.startTransaction();
    const timeout = String(this.timeoutMs);
    // The last one frees what a connection has locked that was lost on the way: the server may not notice for hours.
    await runner.query(
      `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${timeout};
        SET LOCAL statement_timeout = ${timeout}; SET LOCAL idle_in_transaction_session_timeout = ${timeout}`,
    );
  }

  protected override readonly riskOf = postgresRisk;

  protected override isUnanswered(error: unknown): boolean {
    return error instanceof Error && error.message.endsWith('Query read timeout');
  }

  /** With a statement on its way, `end` does not wait for its answer. */
  protected override destroy(connection: unknown): void {
    (connection as { end(): Promise<void> }).end().catch(() => undefined);
  }

  protected override failureOf(sqlState: string): Failure {
    if (TRY_AGAIN.has(sqlState)) return 'try-again';
    return sqlState.startsWith(DATA_EXCEPTION) ? 'unfit-value' : 'other';
  }

  /** `?` to `$1`, `$2`, …; our own statements hold no question mark elsewhere. */
  protected override textOf(sql: string): string {
    let text = this.#texts.get(sql);
    if (text === undefined) {
      let position = 0;
      text = sql.replaceAll('?', () => `$${String((position += 1))}`);
      if (this.#texts.size < MAX_TEXTS) this.#texts.set(sql, text);
    }
    return text;
  }
}

/**
 * Of a connection that the server ends in the moment in which it is made, pg tells in the same breath that it is there and
 * that it is lost: after the pool has stopped listening, and before TypeORM has begun to. An error that nobody listens to
 * ends the process. Its first query fails, and the pool lets go of it then.
 */
function outliveItsEnd(connection: { on(event: 'error', listener: () => void): unknown }): void {
  connection.on('error', () => undefined);
}

/** The pool of pg, which is TypeORM's and the application's. */
interface PostgresDriver {
  readonly master: Record<'on' | 'off', (event: 'connect', listener: typeof outliveItsEnd) => unknown>;
}
