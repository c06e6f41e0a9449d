import { createHash } from 'node:crypto';
import { ConfigurationError } from '../../core/index.js';
import type { DatabaseKind } from './database-kind.js';
import type { Tables } from './tables.js';

/** The module's tables and their usual names. */
const USUAL_NAMES = {
  jobs: 'meveto_logout_jobs',
  logouts: 'meveto_logout_logouts',
  leases: 'meveto_logout_leases',
  senders: 'meveto_logout_senders',
  keys: 'meveto_logout_keys',
} as const;

export type OwnTable = keyof typeof USUAL_NAMES;
export const OWN_TABLES = Object.keys(USUAL_NAMES) as readonly OwnTable[];

/** The names of the module's tables. Each is one name, not a path: a dot in a name is a part of it. */
export interface TableNames {
  /**
   * Prefix of the usual names, `meveto_logout_…`.
   * @defaultValue ''
   */
  readonly prefix?: string;
  /**
   * On PostgreSQL the schema, on MariaDB and MySQL the database, which must exist. SQLite has none.
   * @defaultValue that of the connection
   */
  readonly schema?: string;
  /** Whole names of single tables, in place of prefix and usual name. */
  readonly tables?: Readonly<Partial<Record<OwnTable, string>>>;
}

/** A name in quotes of the database. Quotes within the name are doubled. */
export const quotedName = (database: DatabaseKind, name: string): string =>
  database === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`;

/**
 * The unquoted names of the module's tables.
 * @throws {ConfigurationError} when SQLite gets a schema, or two tables get one name
 */
export function ownTableNames(database: DatabaseKind, names: TableNames): Record<OwnTable, string> {
  if (database === 'sqlite' && names.schema !== undefined)
    throw new ConfigurationError([
      `schema: got '${names.schema}' on SQLite, which has no schemas. Leave the option out.`,
    ]);
  const nameOf = (table: OwnTable): string =>
    names.tables?.[table] ?? `${names.prefix ?? ''}${USUAL_NAMES[table]}`;
  const all = {
    jobs: nameOf('jobs'),
    logouts: nameOf('logouts'),
    leases: nameOf('leases'),
    senders: nameOf('senders'),
    keys: nameOf('keys'),
  };
  refuseSameNames(database, all);
  return all;
}

/** The quoted paths of the module's tables. Errors as for `ownTableNames`. */
export function ownTables(database: DatabaseKind, names: TableNames): Tables {
  const { logouts, ...others } = ownTableNames(database, names);
  const path = (name: string) => quotedPathOf(database, name, names.schema);
  return {
    jobs: path(others.jobs),
    logoutRows: path(logouts),
    leases: path(others.leases),
    senders: path(others.senders),
    keys: path(others.keys),
  };
}

export const quotedPathOf = (database: DatabaseKind, name: string, schema: string | undefined): string =>
  [...(schema === undefined ? [] : [schema]), name].map((part) => quotedName(database, part)).join('.');

/** PostgreSQL cuts longer names, in bytes; MySQL refuses names longer than 64. */
const MAX_NAME_LENGTH = 63;

/** The name of an index. It includes its table, because two applications with different prefixes may share a schema. */
export function indexName(table: string, name: string): string {
  const full = `${table}_${name}`;
  if (Buffer.byteLength(full) <= MAX_NAME_LENGTH) return full;
  return `meveto_logout_${name}_${createHash('sha256').update(full).digest('hex').slice(0, 24)}`;
}

/** Names may differ only after the length that PostgreSQL keeps, or only in case, which SQLite ignores. */
function refuseSameNames(database: DatabaseKind, names: Record<OwnTable, string>): void {
  const kept = (name: string): string =>
    database === 'postgres'
      ? Buffer.from(name).subarray(0, MAX_NAME_LENGTH).toString('latin1')
      : name.toLowerCase();
  const faults = OWN_TABLES.flatMap((table, index) => {
    const other = OWN_TABLES.slice(0, index).find((each) => kept(names[each]) === kept(names[table]));
    if (other === undefined) return [];
    return [
      `tables: got one name for ${other} and ${table}, '${names[table]}', expected five names that differ ` +
        `${database === 'postgres' ? `in their first ${String(MAX_NAME_LENGTH)} bytes` : 'in more than case'}.`,
    ];
  });
  if (faults.length > 0) throw new ConfigurationError(faults);
}
