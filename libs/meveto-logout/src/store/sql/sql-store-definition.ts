import { ConfigurationError } from '../../core/index.js';
import type { StoreDefinition } from '../store.port.js';
import { engineFor } from './engine-for.js';
import type { ServerExecutor, SqliteExecutor } from './executor.js';
import { hostTablesByName, type NamedTables } from './named-tables.js';
import { type SqlSource, SqlStore } from './sql-store.js';
import { ownTableNames, ownTables, type TableNames } from './table-names.js';

export interface SqlStoreOptions {
  /** Connections of the application's SQL library. */
  readonly executor: ServerExecutor | SqliteExecutor;
  /** The application's user table and its stored access tokens, by the names that the database has. */
  readonly hostTables: NamedTables;
  /**
   * Names of the module's tables, as given to `schemaSteps`.
   * @defaultValue `meveto_logout_…` in the schema of the connection
   */
  readonly tables?: TableNames;
}

/**
 * A store in the application's own database, on any SQL library: SQLite, PostgreSQL, MariaDB or MySQL. Create the module's tables with the
 * statements of `schemaSteps`.
 * @see docs/stores.md
 */
export const sqlStore = (options: SqlStoreOptions): StoreDefinition => ({
  create: (context) => new SqlStore(() => sourceOf(options), context),
});

/** @throws {ConfigurationError} when a name or the executor cannot be used */
function sourceOf({ executor, hostTables, tables = {} }: SqlStoreOptions): SqlSource {
  const faults = faultsOf(executor);
  if (faults.length > 0) throw new ConfigurationError(faults);
  const { database } = executor;
  const { logouts } = ownTableNames(database, tables);
  return {
    database,
    way: `through ${executor.name ?? 'sqlStore'}`,
    engine: (timeoutMs) => engineFor(executor, timeoutMs),
    tables: ownTables(database, tables),
    logoutRowsNameParts: [...(tables.schema === undefined ? [] : [tables.schema]), logouts],
    hostTables: hostTablesByName(database, hostTables),
    creation: `Create them: run the statements of schemaSteps('${database}'), with the same names as in the option \`tables\`.`,
  };
}

/** Checks the members that a statement needs: a missing one would fail later, in the middle of the work. */
function faultsOf(executor: unknown): readonly string[] {
  if (typeof executor !== 'object' || executor === null)
    return ['store.executor: got none, expected an executor. See docs/stores.md.'];
  const faults: string[] = [];
  const expect = (name: string, isGood: (value: unknown) => boolean, expected: string): void => {
    const value: unknown = Reflect.get(executor, name);
    if (isGood(value)) return;
    const got = typeof value === 'string' ? `'${value}'` : typeof value;
    faults.push(`store.executor.${name}: got ${got}, expected ${expected}.`);
  };
  if (Reflect.get(executor, 'database') === 'sqlite') {
    expect('open', isFunction, 'a function');
    return faults;
  }
  expect('database', (value) => value === 'postgres' || value === 'mysql', "'sqlite', 'postgres' or 'mysql'");
  expect('placeholders', (value) => value === '?' || value === '$1', "'?' or '$1'");
  for (const method of ['transaction', 'connection', 'codeOf']) expect(method, isFunction, 'a function');
  return faults;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
