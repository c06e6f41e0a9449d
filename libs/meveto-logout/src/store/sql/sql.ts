import { Counters, EventLog, type MevetoEvents, openEvents } from '../../core/index.js';
import { storeEvents } from '../events.js';
import { OrderedTimes } from '../ordered-times.js';
import type { SqlResult, SqlValue } from './executor.js';

export type { SqlResult, SqlValue } from './executor.js';

export interface Statement {
  /** SQL with `?` for parameters, on every database. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** Whether the statement searches for an external value that the column may be unable to hold. */
  readonly isLookUp?: boolean;
  /** Whether the statement only reads the clock, into the column `now_ms`. */
  readonly isClock?: boolean;
}

/**
 * The steps of one transaction: a generator that yields statements, receives their results and returns the outcome. The same script
 * runs on a synchronous driver, within one turn of the event loop, and on asynchronous drivers.
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

/** The rows of a search for an external value. @throws {UnrepresentableValueError} when the value does not fit the column. */
export function* lookUp(sql: string, params: readonly SqlValue[]): Script<SqlResult['rows']> {
  return (yield { sql, params, isLookUp: true }).rows;
}

/** The store's clock in epoch milliseconds. `dialect.times` observes each reading, and dates receipts, logouts and logins. */
export function* clockOf(dialect: Dialect): Script<number> {
  const askedAt = performance.now();
  const { rows } = yield { sql: `SELECT ${dialect.nowMs} AS now_ms`, params: [], isClock: true };
  return clockIn(dialect, rows[0], askedAt);
}

/** As {@link clockOf}, from a row that was read for another purpose and has the column `now_ms`; 0 without a row. */
export function clockIn(
  dialect: Dialect,
  row: SqlResult['rows'][number] | undefined,
  askedAt: number,
): number {
  const clock = numberOf(row?.['now_ms']);
  if (row !== undefined) dialect.times.sees(clock, askedAt);
  return clock;
}

/** Reads a bigint column, which is a string, a bigint or a number, depending on the driver. NULL is 0. */
export const numberOf = (value: unknown): number => Number(value ?? 0);

/**
 * A text column in a condition that no index serves. A search by a list of keys needs this for its other conditions: SQLite has no
 * statistics, prefers an index on `state` to the index of the keys, and reads every job in that state.
 */
export const unindexed = (column: string): string => `COALESCE(${column}, '')`;

/** `?, ?, ?` for a list of values. */
export const placeholders = (count: number): string => Array.from({ length: count }, () => '?').join(', ');

/** The searched value does not fit its column, so no row can have this value. */
export class UnrepresentableValueError extends Error {}

/** The SQL that differs between databases, and the times that this process has seen of the database. */
export interface Dialect {
  readonly times: OrderedTimes;
  /** An expression for the clock in epoch milliseconds, read when the statement runs. */
  readonly nowMs: string;
  /** Whether statements run in this process: then one statement for each row costs no round trip. */
  readonly isInProcess: boolean;
  /** Appended to a SELECT: locks the rows until the end of the transaction. */
  readonly forUpdate: string;
  /** As `forUpdate`, but skips rows that another transaction has locked. */
  readonly forUpdateSkipLocked: string;
  /** An expression that compares a text column byte by byte, regardless of its collation. */
  readonly exactly: (column: string) => string;
  /** A condition that compares a text column of the application with a parameter, byte by byte. */
  readonly isExactly: (column: string) => string;
  /** A NULL of the type of a column, which gives parameters beside it that type. Undefined where the database has none. */
  readonly nullOf?: (table: string, column: string) => string;
  /** An INSERT that skips rows whose unique key exists. */
  readonly insertNew: (into: string, columns: readonly string[], rowCount: number) => string;
  /**
   * As `insertNew`, for any number of rows in one parameter: a JSON array of objects, written in this order. Undefined where the
   * database has no such statement.
   */
  readonly insertNewFromJson?: (into: string, columns: readonly string[]) => string;
  /** As `insertNewFromJson`, but inserts no row if the table has one of the keys. Waits for no lock on such a row. */
  readonly insertAllNewFromJson?: (into: string, columns: readonly string[], key: string) => string;
}

/** Runs scripts, each in one transaction. */
export abstract class SqlEngine {
  /** What an operator should know. The store of an application sets the application's own events. */
  events: MevetoEvents = openEvents(new Counters(), new EventLog());
  protected readonly times = new OrderedTimes((behindMs) => {
    this.events.emit(storeEvents.MEVETO_STORE_CLOCK_BEHIND, { behindMs });
  });
  abstract readonly dialect: Dialect;
  /** The longest time for one statement, in milliseconds. A transaction may take twice as long. */
  abstract readonly timeoutMs: number;
  /**
   * Resolves after the commit is on disk. Rolls a script back that throws, and rejects with its error.
   * @throws {StoreUnavailableError} when the database does not answer or stays locked.
   * @throws {UnrepresentableValueError} when a searched value does not fit its column.
   * @param lockWaitMs how long a statement waits for a row that another transaction has locked; `timeoutMs` by default
   */
  abstract transaction<T>(operation: string, script: () => Script<T>, lockWaitMs?: number): Promise<T>;
  /**
   * Runs a script that only reads and waits for no lock. Errors as for `transaction`.
   * @param isLarge the read may take longer than others, because no external request waits for it
   */
  abstract read<T>(operation: string, script: () => Script<T>, isLarge?: boolean): Promise<T>;
  abstract connect(): Promise<void>;
  abstract close(): Promise<void>;

  /**
   * Checks that transactions on these tables (quoted names) can be rolled back.
   * @throws {ConfigurationError} when they cannot be rolled back.
   */
  abstract checkTables(tables: readonly string[]): Promise<void>;
}

/** The rows part of a multi-row INSERT. */
export const valuesOf = (columns: readonly string[], rowCount: number): string =>
  Array.from({ length: rowCount }, () => `(${placeholders(columns.length)})`).join(', ');

/** Which rows a statement may select, besides its own conditions. */
export interface Selection {
  /** The only keys; every key by default. */
  readonly only?: readonly string[] | undefined;
  readonly except: readonly string[];
}

/** A selection as a condition, to be appended to a WHERE clause. */
export function selected(
  key: string,
  { only, except }: Selection,
): { sql: string; params: readonly SqlValue[] } {
  const among = (keys: readonly string[]): string => `IN (${placeholders(keys.length)})`;
  const conditions = [
    ...(only === undefined ? [] : [`AND ${key} ${among(only)}`]),
    ...(except.length === 0 ? [] : [`AND ${key} NOT ${among(except)}`]),
  ];
  return { sql: conditions.join(' '), params: [...(only ?? []), ...except] };
}

/**
 * Repeats the last value until the length is a power of two. Statements of different lengths then share few texts, and a text that
 * was prepared or converted before is used again. For lists in which a repetition changes nothing.
 */
export function padded<T>(values: readonly T[]): readonly T[] {
  const last = values.at(-1);
  if (last === undefined) return values;
  const length = 2 ** Math.ceil(Math.log2(values.length));
  return [...values, ...Array.from({ length: length - values.length }, () => last)];
}

/** `?, ?, ?` with the values for a condition `IN`, padded. */
export function inList(values: readonly SqlValue[]): { sql: string; params: readonly SqlValue[] } {
  const params = padded(values);
  return { sql: placeholders(params.length), params };
}

/** Rows of one table that get different values in one column. */
export interface RowUpdates {
  readonly path: string;
  /** SQL of assignments that are the same for all rows, and their values. */
  readonly shared?: { readonly sql: string; readonly params: readonly SqlValue[] };
  /** The columns with a value for each row, and SQL of one parameter for each of them. */
  readonly columns: readonly { readonly name: string; readonly parameter: string }[];
  readonly key: { readonly name: string; readonly parameter: string };
  readonly rows: readonly { readonly key: SqlValue; readonly values: readonly SqlValue[] }[];
}

/** Updates rows by their keys: on a server with one statement for all of them, because each statement costs a round trip. */
export function* updateRows({ isInProcess, nullOf }: Dialect, updates: RowUpdates): Script<void> {
  if (updates.rows.length === 0) return;
  if (!isInProcess && updates.rows.length > 1)
    return yield* nullOf === undefined ? updateByCases(updates) : updateByJoin(updates, nullOf);
  const { path, shared, columns, key, rows } = updates;
  const assignments = columns.map(({ name, parameter }) => `${name} = ${parameter}`);
  const set = [...(shared === undefined ? [] : [shared.sql]), ...assignments].join(', ');
  const sql = `UPDATE ${path} SET ${set} WHERE ${key.name} = ${key.parameter}`;
  for (const row of rows) yield* run(sql, [...(shared?.params ?? []), ...row.values, row.key]);
}

/** The first row of the list never applies: it gives the parameters the types of the columns. */
function* updateByJoin(
  { path, shared, columns, key, rows: given }: RowUpdates,
  nullOf: Required<Dialect>['nullOf'],
): Script<void> {
  const rows = padded(given);
  const row = (values: readonly string[]): string => `(${values.join(', ')})`;
  const types = row([key, ...columns].map(({ name }) => nullOf(path, name)));
  const parameters = row([key, ...columns].map(({ parameter }) => parameter));
  const assignments = columns.map(({ name }, index) => `${name} = given.value_${String(index)}`);
  const set = [...(shared === undefined ? [] : [shared.sql]), ...assignments].join(', ');
  yield* run(
    `UPDATE ${path} AS target SET ${set} FROM (VALUES ${[types, ...rows.map(() => parameters)].join(', ')})
      AS given (row_key, ${columns.map((_, index) => `value_${String(index)}`).join(', ')}) WHERE target.${key.name} = given.row_key`,
    [...(shared?.params ?? []), ...rows.flatMap((each) => [each.key, ...each.values])],
  );
}

/** The ELSE never applies: it gives the parameters the type of the column. Takes longer than a join: each row reads all cases. */
function* updateByCases({ path, shared, columns, key, rows: given }: RowUpdates): Script<void> {
  const rows = padded(given);
  const isRow = `${key.name} = ${key.parameter}`;
  const assignments = columns.map(({ name, parameter }) => {
    const cases = rows.map(() => `WHEN ${isRow} THEN ${parameter}`);
    return `${name} = CASE ${cases.join(' ')} ELSE ${name} END`;
  });
  const set = [...(shared === undefined ? [] : [shared.sql]), ...assignments].join(', ');
  const values = columns.flatMap((_, index) => rows.flatMap((row) => [row.key, row.values[index] ?? null]));
  const keys = rows.map((row) => row.key);
  yield* run(`UPDATE ${path} SET ${set} WHERE ${key.name} IN (${keys.map(() => key.parameter).join(', ')})`, [
    ...(shared?.params ?? []),
    ...values,
    ...keys,
  ]);
}
