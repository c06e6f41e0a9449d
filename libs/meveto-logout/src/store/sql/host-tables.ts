import type { InstantColumn, OwnerColumn, TextColumn } from './host-columns.js';

/** A column that the database must have. */
export interface ExpectedColumn {
  readonly name: string;
  /** The name by which the application knows the column, for messages. */
  readonly label: string;
  /** The rows in which the column is NULL; absent if it may be NOT NULL. */
  readonly isNullIn?: string;
}

/** A table of the application. */
interface HostTable {
  /** The option that names the table, for messages. */
  readonly option: string;
  /** The quoted path of the table. */
  readonly path: string;
  /** The unquoted name of the table, after that of its schema if given. */
  readonly nameParts: readonly string[];
  /** The columns of a table that is known by name; none for an entity, whose columns TypeORM knows. */
  readonly expectedColumns: readonly ExpectedColumn[];
}

export interface UserTable extends HostTable {
  readonly id: TextColumn;
  readonly mevetoId: TextColumn;
  readonly lastLoggedIn: InstantColumn;
  readonly lastLoggedOut: InstantColumn;
  /** The quoted name of the column with the time of deletion; undefined if there is none. */
  readonly deletedAt: string | undefined;
  /** Whether the application declares the id as the whole primary key. It counts for a view, which has no keys. */
  readonly isKeyedById: boolean;
}

export interface AccessTokenTable extends HostTable {
  readonly userId: OwnerColumn;
  readonly issuedAt: InstantColumn;
  readonly revokedAt: InstantColumn | undefined;
}

export interface HostTables {
  readonly users: UserTable;
  readonly accessTokens: AccessTokenTable | undefined;
  /** Whether dates without a time zone are read and written in a time zone other than UTC. */
  readonly isOutsideUtc: boolean;
}
