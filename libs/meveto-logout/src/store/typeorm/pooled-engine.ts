import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { MevetoLogoutError, StoreUnavailableError } from '../../errors.js';
import { rowsOf, type Script, SqlEngine, type SqlResult, type Statement, UnfitValueError } from './sql.js';

const TRIES = 5;
/** As for a look at all logouts, and for what is looked at while many processes start. */
const LARGE_READ_DEADLINE_MS = 15_000;

/** What a database's error means for a transaction. */
export type Failure = 'try-again' | 'unfit-value' | 'other';

/** A database server through TypeORM's pool: a connection for each transaction, never one of the application's. */
export abstract class PooledEngine extends SqlEngine {
  readonly #logger = new Logger('MevetoLogout');

  constructor(
    protected readonly dataSource: DataSource,
    override readonly timeoutMs: number,
  ) {
    super();
  }

  /** Begins a transaction at READ COMMITTED, whatever the database's default is. */
  protected abstract begin(runner: QueryRunner): Promise<void>;

  /** What an error with this code (SQLSTATE, or the driver's own) means. */
  protected abstract failureOf(code: string): Failure;

  /** Whether the driver has given a statement up whose answer may still come. */
  protected abstract isUnanswered(error: unknown): boolean;

  /** Closes the driver's connection at once, so that the pool makes a new one. */
  protected abstract destroy(connection: unknown): void;

  /** A statement's text for the driver, from one with `?` for parameters. */
  protected textOf(sql: string): string {
    return sql;
  }

  /** Takes in what else the row of `durabilityQuery` says of the server. */
  protected learn?(settings: Readonly<Record<string, unknown>>): void;

  /** A query of one row that says whether a commit is on disk when it is reported. */
  protected abstract readonly durabilityQuery: string;

  /** What that row means for acknowledged calls, if it is not what it should be. */
  protected abstract readonly riskOf: (settings: Readonly<Record<string, unknown>>) => string | undefined;

  /** Warns when the server may forget what it has committed: that is for its operator to decide, but not unknowingly. */
  override async connect(): Promise<void> {
    const [settings] = await this.read(
      'read the server’s settings',
      () => rowsOf(this.durabilityQuery),
      true,
    );
    this.learn?.(settings ?? {});
    const risk = this.riskOf(settings ?? {});
    if (risk !== undefined)
      this.#logger.warn(`${risk} An acknowledged logout could be lost with the server.`);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override transaction<T>(operation: string, script: () => Script<T>): Promise<T> {
    return this.#translated(operation, () => this.#inTime(script, true, 2 * this.timeoutMs));
  }

  override read<T>(operation: string, script: () => Script<T>, isLarge = false): Promise<T> {
    const deadlineMs = isLarge ? LARGE_READ_DEADLINE_MS : this.timeoutMs;
    return this.#translated(operation, () => this.#inTime(script, false, deadlineMs));
  }

  async #translated<T>(operation: string, work: () => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof MevetoLogoutError || error instanceof UnfitValueError) throw error;
        const isWorthATry = this.failureOf(codeOf(error)) === 'try-again' && tried < TRIES;
        if (!isWorthATry) throw new StoreUnavailableError(operation, { cause: error });
      }
    }
  }

  /** Nobody waits any longer than this. A COMMIT that is on its way then may still take effect. */
  async #inTime<T>(script: () => Script<T>, inTransaction: boolean, deadlineMs: number): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        late.abort(new Error('The database does not answer.'));
        reject(late.signal.reason as Error);
        this.#cutOff(runner);
      }, deadlineMs);
    });
    const work = this.#once(runner, script, inTransaction, late.signal);
    try {
      return await Promise.race([work, tooLate]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  async #once<T>(
    runner: QueryRunner,
    script: () => Script<T>,
    inTransaction: boolean,
    late: AbortSignal,
  ): Promise<T> {
    try {
      if (inTransaction) await this.begin(runner);
      const steps = script();
      let step = steps.next({ rows: [], affected: 0 });
      while (step.done !== true) {
        late.throwIfAborted();
        step = steps.next(await this.#query(runner, step.value));
      }
      late.throwIfAborted();
      if (inTransaction) await runner.commitTransaction();
      return step.value;
    } catch (error) {
      if (this.isUnanswered(error)) this.#cutOff(runner);
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release().catch(() => undefined);
    }
  }

  /** A connection with a statement that was never answered would be given to the next one who asks the pool. */
  #cutOff(runner: QueryRunner): void {
    const { databaseConnection } = runner as { databaseConnection?: unknown };
    if (databaseConnection !== undefined) this.destroy(databaseConnection);
  }

  async #query(runner: QueryRunner, { sql, params, isLookUp = false }: Statement): Promise<SqlResult> {
    const result = await runner.query(this.textOf(sql), [...params], true).catch((error: unknown) => {
      throw isLookUp && this.failureOf(codeOf(error)) === 'unfit-value' ? new UnfitValueError() : error;
    });
    const rows: unknown = result.records;
    return { rows: Array.isArray(rows) ? (rows as SqlResult['rows']) : [], affected: result.affected ?? 0 };
  }
}

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};
