import type { DatabaseKind } from './database-kind.js';
import { rowsOf, type Script, type SqlValue } from './sql.js';

/** A column as defined in the database. The entity may differ. */
export interface ColumnFacts {
  readonly isNullable: boolean;
  /** The name of the type, in lower case. */
  readonly type: string;
  readonly collation: string | undefined;
  /** The type for CAST to a value of this column; undefined if the database stores any value in any column (SQLite). */
  readonly castTo: string | undefined;
  /** The type as declared, with its length or precision. */
  readonly declaredType: string;
  /** PostgreSQL: the type without its length or precision, for CAST. */
  readonly valueType: string | undefined;
  /** SQL of the default value; undefined if there is none, and on SQLite. */
  readonly defaultValue: string | undefined;
}

/** A unique index or key. */
interface UniqueFacts {
  readonly columns: readonly string[];
  /** Whether the index covers only some of the rows. */
  readonly isPartial: boolean;
}

export interface TableFacts {
  /** Whether the table exists. */
  readonly isThere: boolean;
  readonly columnNames: readonly string[];
  /** Finds a column by name. Only PostgreSQL distinguishes names by case. */
  readonly column: (name: string) => ColumnFacts | undefined;
  readonly uniques: readonly UniqueFacts[];
  /** Converts a name to the spelling in `uniques`. */
  readonly nameOf: (column: string) => string;
}

/** The catalogue queries of one kind of database. */
interface Catalogue {
  readonly columns: string;
  readonly uniques: string;
  /** The parameters of the queries. `path` is the table's name, after the name of its schema if given. */
  parameters(path: readonly string[]): readonly SqlValue[];
  /** @param type the declared type of the column */
  castTo(type: string): string | undefined;
}

const POSTGRES: Catalogue = {
  // For a domain, the type of its values.
  columns: `SELECT a.attname AS name, NOT a.attnotnull AS is_nullable, base.typname AS type, NULL AS collation_name,
        format_type(a.atttypid, a.atttypmod) AS declared_type, format_type(base.oid, -1) AS value_type,
        pg_get_expr(d.adbin, d.adrelid) AS default_value
      FROM pg_attribute a CROSS JOIN LATERAL (
        WITH RECURSIVE types AS (
          SELECT oid, typname, typtype, typbasetype FROM pg_type WHERE oid = a.atttypid
          UNION ALL
          SELECT b.oid, b.typname, b.typtype, b.typbasetype FROM types d JOIN pg_type b ON d.typtype = 'd' AND b.oid = d.typbasetype
        ) SELECT oid, typname FROM types WHERE typtype <> 'd'
      ) AS base
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped`,
  uniques: `SELECT CAST(i.indexrelid AS TEXT) AS name, a.attname AS column_name, i.indpred IS NOT NULL AS is_partial
      FROM pg_index i CROSS JOIN LATERAL unnest(CAST(i.indkey AS int2[])) WITH ORDINALITY AS k(attnum, place)
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indrelid = to_regclass(?) AND i.indisunique AND i.indisvalid AND k.place <= i.indnkeyatts`,
  parameters: (path) => [path.map((part) => `"${part.replaceAll('"', '""')}"`).join('.')],
  castTo: (type) => type,
};

const MYSQL: Catalogue = {
  columns: `SELECT column_name AS name, is_nullable = 'YES' AS is_nullable, data_type AS type, collation_name AS collation_name,
        column_type AS declared_type, column_default AS default_value
      FROM information_schema.columns WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?`,
  uniques: `SELECT index_name AS name, column_name AS column_name, FALSE AS is_partial
      FROM information_schema.statistics WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? AND non_unique = 0`,
  parameters: (path) => [path.at(-2) ?? null, path.at(-1) ?? null],
  castTo(type) {
    if (/^(datetime|timestamp)/.test(type)) return type.replace('timestamp', 'datetime');
    if (type.includes('int')) return 'SIGNED';
    if (/^(decimal|float|double)/.test(type)) return type.replace(/ .*/, '');
    return 'CHAR';
  },
};

const SQLITE: Catalogue = {
  columns: `SELECT name, "notnull" = 0 AND pk = 0 AS is_nullable, type, NULL AS collation_name, type AS declared_type
      FROM pragma_table_info(?)`,
  // A primary key that is the rowid has no index.
  uniques: `WITH wanted(path) AS (SELECT ?)
      SELECT l.name AS name, c.name AS column_name, l.partial AS is_partial
      FROM wanted JOIN pragma_index_list(wanted.path) AS l JOIN pragma_index_info(l.name) AS c WHERE l."unique" = 1
      UNION ALL SELECT 'primary key', t.name, 0 FROM wanted JOIN pragma_table_info(wanted.path) AS t WHERE t.pk > 0`,
  parameters: (path) => [path.at(-1) ?? null],
  castTo: () => undefined,
};

/** Reads a boolean, which some drivers return as 0 or 1. */
const isTrue = (value: unknown): boolean => value === true || Number(value) === 1;

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const CATALOGUES = { postgres: POSTGRES, mysql: MYSQL, sqlite: SQLITE } as const;

/**
 * Reads a table's definition from the catalogue. A missing table has no columns.
 * @param nameParts the unquoted name of the table, after that of its schema if given
 */
export function* tableFacts(kind: DatabaseKind, nameParts: readonly string[]): Script<TableFacts> {
  const catalogue = CATALOGUES[kind];
  const parameters = catalogue.parameters(nameParts);
  const nameOf = (column: string): string => (kind === 'postgres' ? column : column.toLowerCase());
  const rows = yield* rowsOf(catalogue.columns, parameters);
  const uniques = new Map<string, { columns: string[]; isPartial: boolean }>();
  for (const row of yield* rowsOf(catalogue.uniques, parameters)) {
    const name = String(row['name']);
    const known = uniques.get(name) ?? { columns: [], isPartial: isTrue(row['is_partial']) };
    known.columns.push(nameOf(String(row['column_name'])));
    uniques.set(name, known);
  }
  const columns = new Map(
    rows.map((row) => [
      nameOf(String(row['name'])),
      {
        isNullable: isTrue(row['is_nullable']),
        type: String(row['type']).toLowerCase(),
        collation: textIn(row['collation_name']),
        castTo: catalogue.castTo(String(row['declared_type'])),
        declaredType: String(row['declared_type']).toLowerCase(),
        valueType: textIn(row['value_type']),
        defaultValue: textIn(row['default_value']),
      },
    ]),
  );
  return {
    isThere: columns.size > 0,
    columnNames: rows.map((row) => String(row['name'])),
    column: (name) => columns.get(nameOf(name)),
    uniques: [...uniques.values()],
    nameOf,
  };
}

/** Whether a unique index covers this column alone. `orPartly` includes partial indexes. */
export const isUniqueAlone = (
  { uniques, nameOf }: TableFacts,
  column: string,
  { orPartly = false } = {},
): boolean =>
  uniques.some(
    ({ columns, isPartial }) =>
      columns.length === 1 && columns[0] === nameOf(column) && (orPartly || !isPartial),
  );
