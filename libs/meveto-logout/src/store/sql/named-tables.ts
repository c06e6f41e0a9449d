import { ConfigurationError } from '../../core/index.js';
import type { DatabaseKind } from './database-kind.js';
import type { ExpectedColumn, HostTables } from './host-tables.js';
import type { InstantKind } from './instant-forms.js';
import { NamedInstantColumn } from './named-instant-column.js';
import { NamedTextColumn } from './named-text-column.js';
import { quotedName } from './table-names.js';

/** The name of a table. Without a schema the connection finds the table. On MariaDB and MySQL the schema is the database. */
export type TableName = string | { readonly schema?: string; readonly name: string };

/**
 * The name of a column that holds instants, with the kind of instants if the type of the column does not tell it. PostgreSQL’s
 * `bigint` and `timestamptz`, `bigint` and `timestamp` of MariaDB and MySQL, and integers of SQLite do.
 */
export type InstantColumnName = string | { readonly column: string; readonly kind?: InstantKind };

/** The application's user table, and the names of its columns as the database has them. */
export interface NamedUserTable {
  readonly table: TableName;
  /** Must be unique. Texts, integers or UUIDs. */
  readonly id: string;
  /** Must be nullable, and should be unique. */
  readonly mevetoId: string;
  readonly lastLoggedIn: InstantColumnName;
  readonly lastLoggedOut: InstantColumnName;
  /** A column that is NULL in rows that are not deleted. Omit it if rows are deleted from the table. */
  readonly deletedAt?: string;
}

/** Stored access tokens. A logout revokes them in its own transaction. */
export interface NamedAccessTokenTable {
  readonly table: TableName;
  readonly userId: string;
  /** When the token's session began. A logout revokes tokens issued at or before it, and tokens with NULL. */
  readonly issuedAt: InstantColumnName;
  /** Set to the time of the revocation. If absent, the rows are deleted instead. */
  readonly revokedAt?: InstantColumnName;
}

/** The application's tables that the module reads and writes. */
export interface NamedTables {
  readonly users: NamedUserTable;
  /** Omit it if the application stores no access tokens. */
  readonly accessTokens?: NamedAccessTokenTable;
}

/** @throws {ConfigurationError} with every name that cannot be used */
export function hostTablesByName(
  kind: DatabaseKind,
  { users, accessTokens }: Partial<NamedTables> = {},
): HostTables {
  const faults: string[] = [];
  const user = new NamedTable(kind, 'users', users, faults);
  const token = accessTokens && new NamedTable(kind, 'accessTokens', accessTokens, faults);
  const userTable = {
    id: user.text('id'),
    mevetoId: user.text('mevetoId'),
    lastLoggedIn: user.instant('lastLoggedIn'),
    lastLoggedOut: user.instant('lastLoggedOut'),
    deletedAt: users?.deletedAt === undefined ? undefined : user.text('deletedAt').name,
    isKeyedById: false,
    ...user.table(),
  };
  const tokenTable = token && {
    userId: token.text('userId'),
    issuedAt: token.instant('issuedAt'),
    revokedAt: accessTokens.revokedAt === undefined ? undefined : token.instant('revokedAt'),
    ...token.table(),
  };
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { users: userTable, accessTokens: tokenTable, isOutsideUtc: false };
}

/** Dots separate the parts of a path, and question marks are parameters. */
const UNUSABLE = /[.?\0]/;
const KINDS: readonly unknown[] = [
  undefined,
  'epoch-milliseconds',
  'timestamp',
  'timestamp-in-utc',
  'iso-text',
] satisfies readonly (InstantKind | undefined)[];

/** The rows in which these columns are not NULL. */
const NULL_IN: Readonly<Record<string, string>> = { deletedAt: 'deleted', revokedAt: 'revoked' };

/** One table of the options. Adds a fault for each name that cannot be used. */
class NamedTable {
  readonly #option: string;
  readonly #columns: ExpectedColumn[] = [];
  readonly #given: Readonly<Record<string, unknown>>;

  constructor(
    private readonly kind: DatabaseKind,
    key: string,
    given: NamedUserTable | NamedAccessTokenTable | undefined,
    private readonly faults: string[],
  ) {
    this.#option = `store.hostTables.${key}`;
    this.#given = { ...given };
  }

  /** The table itself, after its columns. */
  table() {
    const { table } = this.#given;
    const { schema, name } = (typeof table === 'object' && table !== null ? table : { name: table }) as {
      schema?: unknown;
      name: unknown;
    };
    const nameParts = [
      ...(schema === undefined ? [] : [this.#name('table', schema)]),
      this.#name('table', name),
    ];
    return {
      option: this.#option,
      path: nameParts.map((part) => quotedName(this.kind, part)).join('.'),
      nameParts,
      expectedColumns: this.#columns,
    };
  }

  text(key: string): NamedTextColumn {
    return new NamedTextColumn(this.kind, key, this.#column(key, this.#given[key]));
  }

  instant(key: string): NamedInstantColumn {
    const given = this.#given[key];
    const { column, kind } = (typeof given === 'object' && given !== null ? given : { column: given }) as {
      column: unknown;
      kind?: InstantKind;
    };
    if (!KINDS.includes(kind))
      this.faults.push(
        `${this.#option}.${key}: got the kind '${String(kind)}', expected 'epoch-milliseconds', 'timestamp', 'timestamp-in-utc' ` +
          "or 'iso-text'.",
      );
    return new NamedInstantColumn(this.kind, key, this.#column(key, column), kind);
  }

  #column(key: string, name: unknown): string {
    const column = this.#name(key, name);
    const isNullIn = NULL_IN[key];
    this.#columns.push({ name: column, label: key, ...(isNullIn !== undefined && { isNullIn }) });
    return column;
  }

  #name(key: string, name: unknown): string {
    if (typeof name === 'string' && name !== '' && !UNUSABLE.test(name)) return name;
    const remedy = key === 'table' ? ', and name its schema by { schema, name }' : '';
    this.faults.push(
      `${this.#option}.${key}: got ${typeof name === 'string' ? `'${name}'` : typeof name}, expected a name without dots and question ` +
        `marks, as the database has it${remedy}.`,
    );
    return '';
  }
}
