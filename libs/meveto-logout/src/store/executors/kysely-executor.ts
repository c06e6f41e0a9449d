import { ConfigurationError } from '../../core/index.js';
import type { ServerExecutor, SqlConnection } from '../sql/executor.js';
import { codeIn } from '../sql/pooled-executor.js';

/** The part of `Kysely` that the executor uses. */
export interface KyselyDatabase {
  readonly isTransaction: boolean;
  withoutPlugins(): KyselyDatabase;
  connection(): { execute<T>(work: (db: KyselyDatabase) => Promise<T>): Promise<T> };
  transaction(): {
    setIsolationLevel(level: 'read committed'): {
      execute<T>(work: (db: KyselyDatabase) => Promise<T>): Promise<T>;
    };
  };
  executeQuery(query: CompiledQuery): Promise<KyselyResult>;
}

interface KyselyResult {
  readonly rows: unknown[];
  readonly numAffectedRows?: bigint;
}

/** What Kysely's `CompiledQuery.raw()` returns. */
interface CompiledQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query: {
    readonly kind: 'RawNode';
    readonly sqlFragments: readonly string[];
    readonly parameters: readonly never[];
  };
  readonly queryId: { readonly queryId: string };
}

/**
 * Runs the store on the connections of Kysely, with any dialect for PostgreSQL, or for MariaDB and MySQL. Kysely offers no way to close a
 * connection that does not answer. If its dialect has a pool of pg or mysql2, `pgExecutor(pool)` and `mysql2Executor(pool)` do so, and
 * read large ids without loss.
 * @param db the instance itself, not a transaction
 * @param database what the dialect speaks to
 * @throws {ConfigurationError} when `db` is a transaction
 */
export function kyselyExecutor(db: KyselyDatabase, database: 'postgres' | 'mysql'): ServerExecutor {
  if (db.isTransaction)
    throw new ConfigurationError(['store: kyselyExecutor got a transaction, expected the instance itself.']);
  // Plugins would rename the columns of results.
  const plain = db.withoutPlugins();
  return {
    name: 'Kysely',
    database,
    placeholders: database === 'postgres' ? '$1' : '?',
    canCutOff: false,
    async transaction(work, { signal }) {
      signal.throwIfAborted();
      return plain
        .transaction()
        .setIsolationLevel('read committed')
        .execute((lent) => {
          signal.throwIfAborted();
          return work(connectionOn(lent));
        });
    },
    async connection(work, { signal }) {
      signal.throwIfAborted();
      return plain.connection().execute((lent) => {
        signal.throwIfAborted();
        return work(connectionOn(lent));
      });
    },
    codeOf: (error) => codeIn(database, error),
  };
}

const connectionOn = (db: KyselyDatabase): SqlConnection => ({
  async query(sql, params) {
    const { rows, numAffectedRows } = await db.executeQuery({
      sql,
      parameters: [...params],
      query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
      queryId: { queryId: 'meveto-logout' },
    });
    return { rows: rows as Record<string, unknown>[], affected: Number(numAffectedRows ?? 0) };
  },
});
