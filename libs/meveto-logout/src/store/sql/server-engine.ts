import { ConfigurationError, MevetoLogoutError, within } from '../../core/index.js';
import { StoreUnavailableError } from '../errors.js';
import { storeEvents } from '../events.js';
import type { ServerExecutor, SqlConnection } from './executor.js';
import {
  rowsOf,
  type Script,
  SqlEngine,
  type SqlResult,
  type Statement,
  UnrepresentableValueError,
} from './sql.js';

const TRIES = 5;
/** Deadline for reading all logouts, and for reads at the start of many processes, in milliseconds. */
const LARGE_READ_DEADLINE_MS = 15_000;
const MAX_TEXTS = 500;

/** The meaning of a database error for a transaction. */
export type Failure = 'try-again' | 'unrepresentable-value' | 'other';

/** How a script runs on a connection. */
interface Attempt {
  readonly inTransaction: boolean;
  readonly deadlineMs: number;
  /** How long a statement waits for a locked row, in milliseconds. */
  readonly lockWaitMs: number;
}

/** A database server, through connections that an executor lends. */
export abstract class ServerEngine extends SqlEngine {
  readonly #texts = new Map<string, string>();

  constructor(
    private readonly executor: ServerExecutor,
    override readonly timeoutMs: number,
  ) {
    super();
  }

  /** The meaning of an error code (SQLSTATE, or a code of the driver). */
  protected abstract failureOf(code: string): Failure;

  /** Whether this error code means that the database refuses a row or keeps it locked. */
  protected abstract isRowFault(code: string): boolean;

  /** Statements at the beginning of every transaction. The result has the clock, for a script that reads it first. */
  protected begin?(lockWaitMs: number): Script<SqlResult>;

  /** A statement that waits for a locked row no longer than `lockWaitMs`, if `begin` cannot limit the wait. */
  protected limited?(sql: string, lockWaitMs: number): string;

  /** Reads further facts about the server from the row of `durabilityQuery`. */
  protected learn?(settings: Readonly<Record<string, unknown>>): void;

  /** A query for the settings that decide whether a commit is on disk when it is reported. Returns one row. */
  protected abstract readonly durabilityQuery: string;

  /** A query for the isolation level of the transaction in progress, if the database shows it. */
  protected readonly isolationQuery: string | undefined;

  /** The risk of these settings for acknowledged jobs, with the remedy; undefined if there is none. */
  protected abstract readonly riskOf: (settings: Readonly<Record<string, unknown>>) => string | undefined;

  /** Warns if the server may lose what it has committed. The operator may accept this risk, but has to know it. */
  override async connect(): Promise<void> {
    await this.#checkColumnNames();
    const [settings] = await this.read(
      'read the server’s settings',
      () => rowsOf(this.durabilityQuery),
      true,
    );
    this.learn?.(settings ?? {});
    const risk = this.riskOf(settings ?? {});
    if (risk !== undefined) this.#warn(`${risk} An acknowledged logout could be lost with the server.`);
    await this.#checkIsolation();
    if (!this.executor.canCutOff)
      this.#warn(
        'store: the executor cannot close a connection whose network is silent. Such connections stay in the pool until the driver ' +
          'gives up on them: give the driver a time-out for statements.',
      );
  }

  #warn(warning: string): void {
    this.events.emit(storeEvents.MEVETO_STORE_CHECK, { warning });
  }

  override async close(): Promise<void> {
    await this.executor.close?.();
  }

  override transaction<T>(
    operation: string,
    script: () => Script<T>,
    lockWaitMs = this.timeoutMs,
  ): Promise<T> {
    const deadlineMs = 2 * this.timeoutMs;
    return this.#translated(operation, script, { inTransaction: true, deadlineMs, lockWaitMs });
  }

  override read<T>(operation: string, script: () => Script<T>, isLarge = false): Promise<T> {
    const deadlineMs = isLarge ? LARGE_READ_DEADLINE_MS : this.timeoutMs;
    return this.#translated(operation, script, {
      inTransaction: false,
      deadlineMs,
      lockWaitMs: this.timeoutMs,
    });
  }

  async #checkColumnNames(): Promise<void> {
    const [row] = await this.read('read a column name', () => rowsOf('SELECT 1 AS some_name'), true);
    if (row !== undefined && 'some_name' in row) return;
    const got = row === undefined ? 'no row' : `the columns ${Object.keys(row).join(', ')}`;
    throw new ConfigurationError([
      `store: the executor returned ${got} for SELECT 1 AS some_name, expected the column some_name. Turn off what changes the names ` +
        'of columns, such as camel case, and return rows as objects.',
    ]);
  }

  async #checkIsolation(): Promise<void> {
    const { isolationQuery } = this;
    if (isolationQuery === undefined) return;
    const [row] = await this.transaction('read the isolation level', () => rowsOf(isolationQuery));
    const level = String(row?.['isolation']);
    if (level === 'read committed') return;
    throw new ConfigurationError([
      `store: the executor’s transactions have the isolation level ${level}, expected read committed: jobs would wait for each other ` +
        'and fail. Begin them with ISOLATION LEVEL READ COMMITTED.',
    ]);
  }

  async #translated<T>(operation: string, script: () => Script<T>, attempt: Attempt): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#withDeadline(script, attempt);
      } catch (error) {
        if (error instanceof MevetoLogoutError || error instanceof UnrepresentableValueError) throw error;
        const canRetry = this.#failureOf(error) === 'try-again' && tried < TRIES;
        if (canRetry) continue;
        const isRowFault = this.isRowFault(this.executor.codeOf(error) ?? '');
        throw new StoreUnavailableError(operation, { cause: error, isRowFault });
      }
    }
  }

  /** Rejects at the deadline. A COMMIT that was already sent may still take effect. */
  #withDeadline<T>(script: () => Script<T>, attempt: Attempt): Promise<T> {
    const late = new AbortController();
    const tooLate = (): Error => {
      const error = new Error('The database does not answer.');
      late.abort(error);
      return error;
    };
    return within(attempt.deadlineMs, this.#once(script, attempt, late.signal), tooLate);
  }

  async #once<T>(
    script: () => Script<T>,
    { inTransaction, deadlineMs, lockWaitMs }: Attempt,
    signal: AbortSignal,
  ): Promise<T> {
    let failure: { readonly error: unknown } | undefined;
    const work = async (connection: SqlConnection): Promise<T> => {
      try {
        const limited = this.#limited(connection, lockWaitMs);
        if (!inTransaction || !this.begin) return await this.#play(limited, script(), signal);
        const clock = await this.#play(connection, this.begin(lockWaitMs), signal);
        return await this.#play(limited, script(), signal, clock);
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    const limits = { timeoutMs: deadlineMs, signal };
    try {
      return await (inTransaction
        ? this.executor.transaction(work, limits)
        : this.executor.connection(work, limits));
    } catch (error) {
      // The executor's library may wrap an error of the script.
      throw failure === undefined ? error : failure.error;
    }
  }

  /** The connection, with a limit on each statement if the engine has one. */
  #limited(connection: SqlConnection, lockWaitMs: number): SqlConnection {
    if (!this.limited || lockWaitMs === this.timeoutMs) return connection;
    const limit = this.limited.bind(this);
    return { query: (sql, params) => connection.query(limit(sql, lockWaitMs), params) };
  }

  /**
   * Runs a script until the deadline. After the deadline a late answer must not lead to a COMMIT.
   * @param clock a reading from just before, which answers the first statement if that reads the clock
   */
  async #play<T>(
    connection: SqlConnection,
    steps: Script<T>,
    signal: AbortSignal,
    clock?: SqlResult,
  ): Promise<T> {
    signal.throwIfAborted();
    let step = steps.next({ rows: [], affected: 0 });
    if (clock !== undefined && step.done !== true && step.value.isClock === true) step = steps.next(clock);
    while (step.done !== true) {
      const result = await this.#query(connection, step.value);
      signal.throwIfAborted();
      step = steps.next(result);
    }
    return step.value;
  }

  async #query(connection: SqlConnection, { sql, params, isLookUp = false }: Statement): Promise<SqlResult> {
    try {
      return await connection.query(this.#textOf(sql), params);
    } catch (error) {
      if (isLookUp && this.#failureOf(error) === 'unrepresentable-value')
        throw new UnrepresentableValueError();
      throw error;
    }
  }

  #failureOf(error: unknown): Failure {
    return this.failureOf(this.executor.codeOf(error) ?? '');
  }

  /** Replaces `?` by `$1`, `$2`, … if the library needs it; the statements contain no other question mark. */
  #textOf(sql: string): string {
    if (this.executor.placeholders === '?') return sql;
    let text = this.#texts.get(sql);
    if (text === undefined) {
      let position = 0;
      text = sql.replaceAll('?', () => `$${String((position += 1))}`);
      if (this.#texts.size < MAX_TEXTS) this.#texts.set(sql, text);
    }
    return text;
  }
}
