import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { ConfigurationError } from '../../errors.js';
import type { SqlValue } from './sql.js';
import { quotedPath } from './tables.js';

/** Which of the application's columns the module reads and writes, by their names in the entity class. */
export interface UserMapping {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly id: string;
  /** Must be unique and nullable. */
  readonly mevetoId: string;
  /** A date or a number of epoch milliseconds. */
  readonly lastLoggedIn: string;
  readonly lastLoggedOut: string;
}

/** Stored access tokens: revoked with the logout, in its transaction. */
export interface AccessTokenMapping {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly userId: string;
  /** When the token's session began: those issued after the logout are left alone. A date or epoch milliseconds. */
  readonly issuedAt: string;
  /** Set to the time of the revocation. Left out: the rows are deleted. */
  readonly revokedAt?: string;
}

/** One column of the application's: its quoted name, and its values to and from the database. */
export interface HostColumn {
  readonly name: string;
  toDatabase(value: string | number): SqlValue;
  fromDatabase(value: unknown): unknown;
  /** For an instant: epoch milliseconds. */
  millisecondsFrom(value: unknown): number | undefined;
}

export interface UserTable {
  readonly path: string;
  readonly id: HostColumn;
  readonly mevetoId: HostColumn;
  readonly lastLoggedIn: HostColumn;
  readonly lastLoggedOut: HostColumn;
}

export interface AccessTokenTable {
  readonly path: string;
  readonly userId: HostColumn;
  readonly issuedAt: HostColumn;
  readonly revokedAt: HostColumn | undefined;
}

/** @throws {ConfigurationError} naming every property that the entities do not have. */
export function hostTablesOf(
  dataSource: DataSource,
  user: UserMapping,
  tokens: AccessTokenMapping | undefined,
): { users: UserTable; accessTokens: AccessTokenTable | undefined } {
  const faults: string[] = [];
  const users = tableOf(dataSource, 'store.user', user.entity, faults);
  const rows = tokens && tableOf(dataSource, 'store.accessTokens', tokens.entity, faults);
  const found = {
    users: {
      path: users.path,
      id: users.column(user.id, 'text'),
      mevetoId: users.column(user.mevetoId, 'text'),
      lastLoggedIn: users.column(user.lastLoggedIn, 'instant'),
      lastLoggedOut: users.column(user.lastLoggedOut, 'instant'),
    },
    accessTokens: tokens &&
      rows && {
        path: rows.path,
        userId: rows.column(tokens.userId, 'text'),
        issuedAt: rows.column(tokens.issuedAt, 'instant'),
        revokedAt: tokens.revokedAt === undefined ? undefined : rows.column(tokens.revokedAt, 'instant'),
      },
  };
  if (faults.length > 0) throw new ConfigurationError(faults);
  return found;
}

function tableOf(
  dataSource: DataSource,
  option: string,
  entity: EntityTarget<ObjectLiteral>,
  faults: string[],
) {
  let metadata: EntityMetadata | undefined;
  if (dataSource.hasMetadata(entity)) metadata = dataSource.getMetadata(entity);
  else
    faults.push(
      `${option}.entity: the DataSource does not know it. Add it to the DataSource’s \`entities\`.`,
    );
  return {
    path: metadata === undefined ? '' : quotedPath(dataSource, metadata.tablePath),
    column(property: string, kind: 'instant' | 'text'): HostColumn {
      const found = metadata?.findColumnWithPropertyName(property);
      if (metadata !== undefined && found === undefined) {
        const known = metadata.columns.map(({ propertyName }) => propertyName).join(', ');
        faults.push(
          `${option}: ${metadata.name} has no column for the property '${property}'. It has: ${known}.`,
        );
      }
      if (found !== undefined && kind === 'instant' && !holdsInstants(dataSource, found)) {
        faults.push(
          `${option}: the column for '${property}' cannot hold an instant. Use bigint for epoch milliseconds, or a date with time.`,
        );
      } else if (found !== undefined && kind === 'instant' && keepsWholeSeconds(dataSource, found)) {
        faults.push(
          `${option}: the column for '${property}' keeps less than milliseconds, and would round a login across a ` +
            'logout. Give it `precision: 3` or more, and change the table by a migration.',
        );
      }
      return hostColumn(dataSource, found, kind);
    },
  };
}

const NARROW = /^(int|integer|int4|int2|mediumint|smallint|tinyint|float|float4|real)$/;

/** Whether a column keeps epoch milliseconds or a date with its time. One with a transformer is taken at its word. */
function holdsInstants(dataSource: DataSource, column: ColumnMetadata): boolean {
  const type = dataSource.driver.normalizeType(column).toLowerCase();
  if (/^(datetime|timestamp)/.test(type)) return true;
  // SQLite's integers have 64 bits, whatever they are called.
  if (dataSource.options.type !== 'better-sqlite3' && NARROW.test(type)) return false;
  return NUMERIC.test(type) || column.transformer !== undefined;
}

const MILLISECOND_DIGITS = 3;

/** MySQL's dates have no fraction unless they are told to; those of others have one unless they are told not to. */
function keepsWholeSeconds({ driver, options }: DataSource, column: ColumnMetadata): boolean {
  if (!/^(datetime|timestamp)/.test(driver.normalizeType(column).toLowerCase())) return false;
  if (options.type === 'better-sqlite3') return false;
  const isMysql = options.type === 'mysql' || options.type === 'mariadb';
  return (column.precision ?? (isMysql ? 0 : MILLISECOND_DIGITS)) < MILLISECOND_DIGITS;
}

const NUMERIC = /int|numeric|decimal|number|float|double|real/i;

function hostColumn(
  dataSource: DataSource,
  column: ColumnMetadata | undefined,
  kind: 'instant' | 'text',
): HostColumn {
  if (column === undefined) return MISSING;
  const { driver } = dataSource;
  const isNumeric = column.type === Number || (typeof column.type === 'string' && NUMERIC.test(column.type));
  return {
    name: driver.escape(column.databaseName),
    toDatabase: (value) =>
      driver.preparePersistentValue(
        kind === 'instant' && !isNumeric ? new Date(value) : value,
        column,
      ) as SqlValue,
    fromDatabase: (value) => driver.prepareHydratedValue(value, column) as unknown,
    millisecondsFrom: (value) => {
      if (value === null || value === undefined) return undefined;
      const hydrated = driver.prepareHydratedValue(value, column) as unknown;
      return hydrated instanceof Date ? hydrated.getTime() : Number(hydrated);
    },
  };
}

const MISSING: HostColumn = {
  name: '',
  toDatabase: () => null,
  fromDatabase: () => undefined,
  millisecondsFrom: () => undefined,
};
