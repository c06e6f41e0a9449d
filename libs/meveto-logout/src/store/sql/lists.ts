import { type Dialect, placeholders, run, type Script, type SqlValue } from './sql.js';

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
export function* updateRows({ isInProcess }: Dialect, updates: RowUpdates): Script<void> {
  if (updates.rows.length === 0) return;
  if (!isInProcess && updates.rows.length > 1) return yield* updateAtOnce(updates);
  const { path, shared, columns, key, rows } = updates;
  const assignments = columns.map(({ name, parameter }) => `${name} = ${parameter}`);
  const set = [...(shared === undefined ? [] : [shared.sql]), ...assignments].join(', ');
  const sql = `UPDATE ${path} SET ${set} WHERE ${key.name} = ${key.parameter}`;
  for (const row of rows) yield* run(sql, [...(shared?.params ?? []), ...row.values, row.key]);
}

/** The ELSE never applies: it gives the parameters the type of the column. */
function* updateAtOnce({ path, shared, columns, key, rows: given }: RowUpdates): Script<void> {
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
