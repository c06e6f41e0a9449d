import type { QueryRunner } from 'typeorm';
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

  protected override async begin(runner: QueryRunner): Promise<void> {
    await runner.startTransaction();
    const timeout = String(this.timeoutMs);
    // The last one frees what a connection has locked that was lost on the way: the server may not notice for hours.
    await runner.query(
      `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${timeout};
        SET LOCAL statement_timeout = ${timeout}; SET LOCAL idle_in_transaction_session_timeout = ${timeout}`,
    );
  }

  protected override riskOf(settings: Record<string, unknown>): string | undefined {
    if (settings['fsync'] === 'off') return 'PostgreSQL runs with fsync = off: turn it on.';
    if (settings['synchronous_commit'] !== 'off') return undefined;
    return 'PostgreSQL runs with synchronous_commit = off: turn it on, for this application’s role at least.';
  }

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
