import type { DataSource, QueryRunner } from 'typeorm';
import { MevetoLogoutError, StoreUnavailableError } from '../../errors.js';
import {
  type Dialect,
  type Script,
  SqlEngine,
  type SqlResult,
  type Statement,
  UnfitValueError,
  valuesOf,
} from './sql.js';

const postgres: Dialect = {
  nowMs: 'CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)',
  forUpdate: 'FOR UPDATE',
  forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED',
  insertNew: (into, columns, rowCount) =>
    `INSERT INTO ${into} (${columns.join(', ')}) VALUES ${valuesOf(columns, rowCount)} ON CONFLICT DO NOTHING`,
};

/** Deadlock, serialization failure: the transaction was rolled back whole and may be tried again. */
const TRY_AGAIN = new Set(['40001', '40P01']);
const TRIES = 5;
/** A look at all logouts at start may be a large one. */
const READ_DEADLINE_MS = 15_000;

/** PostgreSQL through TypeORM's pool: a connection for each transaction, never one of the application's. */
export class PostgresEngine extends SqlEngine {
  override readonly dialect = postgres;

  constructor(
    private readonly dataSource: DataSource,
    private readonly timeoutMs: number,
  ) {
    super();
  }

  override connect(): Promise<void> {
    return Promise.resolve();
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override transaction<T>(operation: string, script: () => Script<T>): Promise<T> {
    return this.#translated(operation, () => inTime(this.#once(script, true), 2 * this.timeoutMs));
  }

  override read<T>(operation: string, script: () => Script<T>): Promise<T> {
    return this.#translated(operation, () => inTime(this.#once(script, false), READ_DEADLINE_MS));
  }

  async #translated<T>(operation: string, work: () => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof MevetoLogoutError) throw error;
        // SQLSTATE class 22, data exception.
        if (sqlState(error).startsWith('22')) throw new UnfitValueError(operation);
        if (tried < TRIES && TRY_AGAIN.has(sqlState(error))) continue;
        throw new StoreUnavailableError(operation, { cause: error });
      }
    }
  }

  async #begin(runner: QueryRunner): Promise<void> {
    await runner.startTransaction();
    const timeout = String(this.timeoutMs);
    await runner.query(
      `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${timeout}; SET LOCAL statement_timeout = ${timeout}`,
    );
  }

  async #once<T>(script: () => Script<T>, inTransaction: boolean): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      if (inTransaction) await this.#begin(runner);
      const steps = script();
      let step = steps.next({ rows: [], affected: 0 });
      while (step.done !== true) step = steps.next(await query(runner, step.value));
      if (inTransaction) await runner.commitTransaction();
      return step.value;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release().catch(() => undefined);
    }
  }
}

/** Nobody waits any longer than this; the work may still take effect. */
async function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('The database does not answer.'));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function query(runner: QueryRunner, { sql, params }: Statement): Promise<SqlResult> {
  const result = await runner.query(numbered(sql), [...params], true);
  const rows: unknown = result.records;
  return { rows: Array.isArray(rows) ? (rows as SqlResult['rows']) : [], affected: result.affected ?? 0 };
}

/** `?` to `$1`, `$2`, …; our own statements hold no question mark elsewhere. */
const numberedCache = new Map<string, string>();
function numbered(sql: string): string {
  let text = numberedCache.get(sql);
  if (text === undefined) {
    let position = 0;
    text = sql.replaceAll('?', () => `$${String((position += 1))}`);
    if (numberedCache.size < 500) numberedCache.set(sql, text);
  }
  return text;
}

const sqlState = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};
