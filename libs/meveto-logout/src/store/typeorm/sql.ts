export type SqlValue = string | number | bigint | null | Date | boolean;

export interface Statement {
  /** SQL with `?` for parameters, whatever the database. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** A search for a value from outside, which the column may be unable to hold. */
  readonly isLookUp?: boolean;
}

export interface SqlResult {
  readonly rows: readonly Record<string, unknown>[];
  /** Rows that the statement changed; 0 for a query. */
  readonly affected: number;
}

/**
 * The steps of one transaction: yields statements, is given their results, returns the outcome. Written once, it runs on
 * a synchronous driver without ever leaving the transaction waiting, and on asynchronous ones.
 */
export type Script<T> = Generator<Statement, T, SqlResult>;

/** Runs one statement on a synchronous driver. */
export type RunStatement = (statement: Statement) => SqlResult;

/** Runs a script on a synchronous driver, from its first statement to its outcome. */
export function play<T>(script: () => Script<T>, runOne: RunStatement): T {
  const steps = script();
  let step = steps.next({ rows: [], affected: 0 });
  while (step.done !== true) step = steps.next(runOne(step.value));
  return step.value;
}

/** Yields one statement of a script and returns its result. */
export function* run(sql: string, params: readonly SqlValue[] = []): Script<SqlResult> {
  return yield { sql, params };
}

/** The rows of one query, with column names in lower case. */
export function* rowsOf(sql: string, params: readonly SqlValue[] = []): Script<SqlResult['rows']> {
  return (yield { sql, params }).rows;
}

/** The rows of a search for a value from outside: a value that fits no column throws {@link UnfitValueError}. */
export function* lookUp(sql: string, params: readonly SqlValue[]): Script<SqlResult['rows']> {
  return (yield { sql, params, isLookUp: true }).rows;
}

/** The store's clock in epoch milliseconds. */
export function* clockOf(dialect: Dialect): Script<number> {
  const [row] = yield* rowsOf(`SELECT ${dialect.nowMs} AS now_ms`);
  return numberOf(row?.['now_ms']);
}

/** A bigint column comes as a string, a bigint or a number, depending on the driver. */
export const numberOf = (value: unknown): number => Number(value ?? 0);

/** `?, ?, ?` for a list of values. */
export const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');

/** A value that was looked up does not fit its column: no row can have it. */
export class UnfitValueError extends Error {}

/** What differs between databases. */
export interface Dialect {
  /** An expression for the clock in epoch milliseconds, read when the statement runs. */
  readonly nowMs: string;
  /** Appended to a SELECT: locks the rows until the end of the transaction. */
  readonly forUpdate: string;
  /** The same, leaving out rows that somebody else has locked. */
  readonly forUpdateSkipLocked: string;
  /** Wraps an INSERT so that rows with a known unique key are left alone. */
  readonly insertNew: (into: string, columns: readonly string[], rowCount: number) => string;
}

/** Runs scripts, each in one transaction. */
export abstract class SqlEngine {
  abstract readonly dialect: Dialect;
  /** How long one statement may take; a transaction may take twice that. */
  abstract readonly timeoutMs: number;
  /**
   * Resolves after the commit is on disk; a script that throws is rolled back and its error passed on.
   * @throws {StoreUnavailableError} when the database does not answer or stays locked.
   * @throws {UnfitValueError} when a look-up's value does not fit its column.
   */
  abstract transaction<T>(operation: string, script: () => Script<T>): Promise<T>;
  /**
   * Runs a script that only reads: it waits for nobody's lock. Errors as for `transaction`.
   * @param isLarge it may take longer than others: nobody who calls from outside waits for it
   */
  abstract read<T>(operation: string, script: () => Script<T>, isLarge?: boolean): Promise<T>;
  abstract connect(): Promise<void>;
  abstract close(): Promise<void>;

  /**
   * Looks whether what is written to these tables, by their quoted names, can be undone.
   * @throws {ConfigurationError} when it cannot.
   */
  abstract checkTables(tables: readonly string[]): Promise<void>;
}

/** The rows part of a multi-row INSERT. */
export const valuesOf = (columns: readonly string[], rowCount: number): string =>
  Array.from({ length: rowCount }, () => `(${marks(columns.length)})`).join(', ');
