import { createHash } from 'node:crypto';
import type { DatabaseKind } from './database-kind.js';
import {
  OWN_TABLE_DEFINITIONS,
  type OwnColumn,
  type OwnIndex,
  type OwnTableDefinition,
} from './own-tables.js';
import {
  indexName,
  type OwnTable,
  ownTableNames,
  quotedName,
  quotedPathOf,
  type TableNames,
} from './table-names.js';

export interface SchemaOptions extends TableNames {
  /**
   * PostgreSQL only: the name of the constraint of a primary key.
   * @defaultValue the name that TypeORM chooses, so that its migrations and other tools make the same tables
   */
  readonly primaryKeyName?: (table: string, column: string) => string;
}

/** One change of the module's tables. */
export interface SchemaStep {
  /** Stays the same in all later versions. Starts with a number: steps run in the order of their ids. */
  readonly id: string;
  /** Statements without `;`, to run in this order. Each may run again, alone or after a stop in the middle of a step. */
  readonly statements: readonly string[];
}

/**
 * The statements that make the module's tables, for a migration tool or to run directly. Later versions of the package add steps at the end
 * and never change one.
 * @param database `'mysql'` for MariaDB, too
 * @throws {ConfigurationError} when SQLite gets a schema, or two tables get one name
 * @see docs/tables.md
 */
export const schemaSteps = (database: DatabaseKind, options: SchemaOptions = {}): readonly SchemaStep[] => [
  { id: '0001-create-meveto-logout', statements: createTables(database, options) },
];

/** The same steps as one text of SQL, for tools that read a file. Each statement ends with `;`. Arguments and errors as for `schemaSteps`. */
export const printSchema = (database: DatabaseKind, options: SchemaOptions = {}): string =>
  schemaSteps(database, options)
    .map(({ id, statements }) => [`-- ${id}`, ...statements.map((each) => `${each};`), ''].join('\n'))
    .join('\n');

/** The statements of the first step. Errors as for `schemaSteps`. */
export function createTables(database: DatabaseKind, options: SchemaOptions): readonly string[] {
  const names = ownTableNames(database, options);
  return OWN_TABLE_DEFINITIONS.flatMap((definition) => createTable(database, names, definition, options));
}

function createTable(
  database: DatabaseKind,
  names: Record<OwnTable, string>,
  { table, primaryKey, columns, indexes }: OwnTableDefinition,
  { schema, primaryKeyName = typeOrmPrimaryKeyName }: SchemaOptions,
): string[] {
  const name = names[table];
  const path = quotedPathOf(database, name, schema);
  const quoted = (each: string) => quotedName(database, each);
  const constraint =
    database === 'postgres' ? `CONSTRAINT ${quoted(primaryKeyName(name, primaryKey.name))} ` : '';
  const parts = [primaryKey, ...columns].map((column) => columnOf(database, column));
  parts.push(`${constraint}PRIMARY KEY (${quoted(primaryKey.name)})`);
  const createWith = (all: readonly string[]) =>
    `CREATE TABLE IF NOT EXISTS ${path} (\n  ${all.join(',\n  ')}\n)`;

  const kindOf = (index: OwnIndex) => (index.isUnique ? 'UNIQUE INDEX' : 'INDEX');
  const nameOf = (index: OwnIndex) => quoted(indexName(name, index.name));
  const columnsOf = (index: OwnIndex) => `(${index.columns.map(quoted).join(', ')})`;
  // MySQL has no CREATE INDEX IF NOT EXISTS.
  if (database === 'mysql') {
    const inline = indexes.map((each) => `${kindOf(each)} ${nameOf(each)} ${columnsOf(each)}`);
    return [`${createWith([...parts, ...inline])} ENGINE=InnoDB`];
  }
  return [
    createWith(parts),
    ...indexes.map(
      (each) =>
        `CREATE ${kindOf(each)} IF NOT EXISTS ${nameOf(each)} ON ${path} ${columnsOf(each)}${
          each.where === undefined ? '' : ` WHERE ${each.where}`
        }`,
    ),
  ];
}

/** Ids and digests are case-sensitive, which MySQL's usual collations are not. */
const EXACT = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

function columnOf(database: DatabaseKind, { name, type, isNullable }: OwnColumn): string {
  const isExact = database === 'mysql' && type.startsWith('varchar');
  const null_ = isNullable ? 'NULL' : 'NOT NULL';
  return `${quotedName(database, name)} ${type} ${isExact ? `${EXACT} ` : ''}${null_}`;
}

/** As TypeORM's `DefaultNamingStrategy`. SHA-1 protects nothing here. */
const typeOrmPrimaryKeyName = (table: string, column: string): string =>
  `PK_${createHash('sha1').update(`${table}_${column}`).digest('hex').slice(0, 27)}`;
