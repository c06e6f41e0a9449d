import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { ConfigurationError } from '../../core/index.js';
import type { HostTables } from '../sql/host-tables.js';
import { isOutsideUtc } from '../sql/local-time.js';
import { NUMERIC } from '../sql/column-types.js';
import { quoted, quotedPath } from './quoted-path.js';
import { MappedInstantColumn } from './mapped-instant-column.js';
import { MappedTextColumn } from './mapped-text-column.js';

/**
 * The application's columns that the module reads and writes, by their property names in the entity class. A property of an
 * embedded class is named by its path, as in `'profile.mevetoId'`.
 */
export interface UserMapping {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly id: string;
  /** Must be unique and nullable. */
  readonly mevetoId: string;
  /** A date or a number of epoch milliseconds. */
  readonly lastLoggedIn: string;
  readonly lastLoggedOut: string;
}

/** Stored access tokens. A logout revokes them in its own transaction. */
export interface AccessTokenMapping {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly userId: string;
  /** When the token's session began: a date or epoch milliseconds. A logout revokes tokens issued at or before it, and tokens with NULL. */
  readonly issuedAt: string;
  /** Set to the time of the revocation. If absent, the rows are deleted instead. */
  readonly revokedAt?: string;
}

/** @throws {ConfigurationError} with every property that the entities do not have. */
export function mappedTables(
  dataSource: DataSource,
  user: UserMapping,
  tokens: AccessTokenMapping | undefined,
): HostTables {
  const faults: string[] = [];
  const users = new MappedEntity(dataSource, 'store.user', user.entity, faults);
  users.expect([user.id, user.mevetoId], [user.lastLoggedIn, user.lastLoggedOut]);
  const rows = tokens && new MappedEntity(dataSource, 'store.accessTokens', tokens.entity, faults);
  if (tokens !== undefined) {
    rows?.expect(
      [tokens.userId],
      [tokens.issuedAt, ...(tokens.revokedAt === undefined ? [] : [tokens.revokedAt])],
    );
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return {
    users: {
      ...users.table(),
      id: users.text(user.id),
      mevetoId: users.text(user.mevetoId),
      lastLoggedIn: users.instant(user.lastLoggedIn),
      lastLoggedOut: users.instant(user.lastLoggedOut),
      deletedAt: users.deletedAt(),
      isKeyedById: users.isKeyedBy(user.id),
    },
    accessTokens: tokens &&
      rows && {
        ...rows.table(),
        userId: rows.text(tokens.userId),
        issuedAt: rows.instant(tokens.issuedAt),
        revokedAt: tokens.revokedAt === undefined ? undefined : rows.instant(tokens.revokedAt),
      },
    isOutsideUtc: isOutsideUtc((dataSource.options as { timezone?: string }).timezone),
  };
}

/** An entity of the application. Finds the columns that the options name, and adds a fault for each missing one. */
class MappedEntity {
  readonly #metadata: EntityMetadata | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly option: string,
    entity: EntityTarget<ObjectLiteral>,
    private readonly faults: string[],
  ) {
    if (dataSource.hasMetadata(entity)) this.#metadata = dataSource.getMetadata(entity);
    else
      faults.push(
        `${option}.entity: the DataSource does not know it. Add it to the DataSource’s \`entities\`.`,
      );
  }

  /** Adds a fault for every property that is missing or cannot hold an instant. */
  expect(texts: readonly string[], instants: readonly string[]): void {
    if (this.#metadata === undefined) return;
    for (const property of [...texts, ...instants]) {
      const column = this.#find(property);
      if (column === undefined) this.#addMissingColumnFault(property, this.#metadata);
      else if (instants.includes(property)) this.#checkInstant(property, column);
    }
  }

  table(): { option: string; path: string; nameParts: readonly string[]; expectedColumns: [] } {
    const { option, dataSource } = this;
    const { tablePath } = found(this.#metadata);
    return {
      option,
      path: quotedPath(dataSource, tablePath),
      nameParts: tablePath.split('.'),
      expectedColumns: [],
    };
  }

  isKeyedBy(property: string): boolean {
    const [key, ...others] = found(this.#metadata).primaryColumns;
    return others.length === 0 && key === this.#find(property);
  }

  text(property: string): MappedTextColumn {
    return new MappedTextColumn(this.dataSource, found(this.#find(property)));
  }

  instant(property: string): MappedInstantColumn {
    return new MappedInstantColumn(this.dataSource, found(this.#find(property)));
  }

  deletedAt(): string | undefined {
    const column = this.#metadata?.deleteDateColumn;
    return column && quoted(this.dataSource, column.databaseName);
  }

  /** Finds a column by its path, because an embedded class may have a property of the same name. */
  #find(property: string): ColumnMetadata | undefined {
    return this.#metadata?.findColumnWithPropertyPath(property);
  }

  #addMissingColumnFault(property: string, { name, columns }: EntityMetadata): void {
    const known = columns.map(({ propertyPath }) => propertyPath).join(', ');
    this.faults.push(
      `${this.option}: ${name} has no column for the property '${property}'. It has: ${known}.`,
    );
  }

  #checkInstant(property: string, column: ColumnMetadata): void {
    if (!holdsInstants(this.dataSource, column)) {
      this.faults.push(
        `${this.option}: the column for '${property}' cannot hold an instant. Use bigint for epoch milliseconds, or a date with time.`,
      );
    } else if (keepsWholeSeconds(this.dataSource, column)) {
      this.faults.push(
        `${this.option}: the column for '${property}' keeps less than milliseconds, and would round a login across a ` +
          'logout. Give it `precision: 3` or more, and change the table by a migration.',
      );
    }
  }
}

/** Narrows the type. A missing value was reported as a fault before. */
function found<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('The mapping was not checked.');
  return value;
}

const NARROW = /^(int|integer|int4|int2|mediumint|smallint|tinyint|float|float4|real)$/;

/** Whether a column can hold epoch milliseconds, or a date with its time. A text column with a transformer is accepted. */
function holdsInstants(dataSource: DataSource, column: ColumnMetadata): boolean {
  const type = dataSource.driver.normalizeType(column).toLowerCase();
  if (/^(datetime|timestamp)/.test(type)) return true;
  // Integers of SQLite have 64 bits under every type name.
  if (dataSource.options.type !== 'better-sqlite3' && NARROW.test(type)) return false;
  return NUMERIC.test(type) || column.transformer !== undefined;
}

const MILLISECOND_DIGITS = 3;

/** Without `precision`, dates of MySQL have no fraction; dates of other databases have one. */
function keepsWholeSeconds({ driver, options }: DataSource, column: ColumnMetadata): boolean {
  if (!/^(datetime|timestamp)/.test(driver.normalizeType(column).toLowerCase())) return false;
  if (options.type === 'better-sqlite3') return false;
  const isMysql = options.type === 'mysql' || options.type === 'mariadb';
  return (column.precision ?? (isMysql ? 0 : MILLISECOND_DIGITS)) < MILLISECOND_DIGITS;
}
