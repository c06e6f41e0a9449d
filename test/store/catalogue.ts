import type { DataSource } from 'typeorm';

type Rows = Record<string, unknown>[];

/** What the database says of tables: columns, keys and indexes, with their names. The order of keys and indexes does not count. */
export async function catalogueOf(
  dataSource: DataSource,
  tables: readonly string[],
  schema = 'public',
): Promise<Record<string, unknown>> {
  const { type } = dataSource.options;
  const all: Record<string, unknown> = {};
  for (const table of tables) {
    if (type === 'postgres') all[table] = await onPostgres(dataSource, table, schema);
    else if (type === 'better-sqlite3') all[table] = await onSqlite(dataSource, table);
    else all[table] = await onMysql(dataSource, table);
  }
  return all;
}

async function onSqlite(dataSource: DataSource, table: string): Promise<unknown> {
  const pragma = (name: string, of: unknown): Promise<Rows> =>
    dataSource.query(`SELECT * FROM pragma_${name}(?)`, [of]);
  const indexes: unknown[] = [];
  for (const { name, unique, origin, partial } of await pragma('index_list', table))
    indexes.push({ name, unique, origin, partial, columns: await pragma('index_xinfo', name) });
  return { columns: await pragma('table_xinfo', table), indexes: sorted(indexes) };
}

async function onPostgres(dataSource: DataSource, table: string, schema: string): Promise<unknown> {
  const relation = `"${schema}"."${table}"`;
  const columns: Rows = await dataSource.query(
    `SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull, atthasdef, attcollation
      FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
    [relation],
  );
  const indexes: Rows = await dataSource.query(
    'SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = $1::regclass',
    [relation],
  );
  const constraints: Rows = await dataSource.query(
    'SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = $1::regclass',
    [relation],
  );
  return { columns, indexes: sorted(indexes), constraints: sorted(constraints) };
}

async function onMysql(dataSource: DataSource, table: string): Promise<unknown> {
  const [row]: Rows = await dataSource.query(`SHOW CREATE TABLE ${dataSource.driver.escape(table)}`);
  const lines = String(row?.['Create Table'])
    .split('\n')
    .map((line) => line.replace(/,$/, ''));
  const isKey = (line: string): boolean => line.includes(' KEY `');
  return { columns: lines.filter((line) => !isKey(line)), keys: sorted(lines.filter(isKey)) };
}

const sorted = (all: readonly unknown[]): unknown[] =>
  [...all].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
