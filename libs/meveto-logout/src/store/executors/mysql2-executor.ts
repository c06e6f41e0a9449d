import type { ServerExecutor, SqlValue } from '../sql/executor.js';
import { type Driver, pooledExecutor } from '../sql/pooled-executor.js';

/** The part of mysql2's `Connection` that the executor uses. */
export interface Mysql2Connection {
  query(options: Mysql2Query, callback: (error: Error | null, result: unknown) => void): unknown;
  destroy(): void;
}

interface Mysql2Query {
  readonly sql: string;
  readonly values: SqlValue[];
  readonly supportBigNumbers: true;
  readonly typeCast: (field: unknown, next: () => unknown) => unknown;
  readonly rowsAsArray: false;
}

interface Mysql2PoolConnection extends Mysql2Connection {
  release(): void;
}

interface Mysql2CallbackPool {
  getConnection(callback: (error: Error | null, connection: Mysql2PoolConnection) => void): void;
}

/** A pool of `mysql2`, or of `mysql2/promise`, which wraps one of the former as `pool`. */
export type Mysql2Pool = Mysql2CallbackPool | { readonly pool: unknown };

/** mysql2, also behind a library that uses mysql2. */
export const mysql2Driver: Driver<Mysql2Connection> = {
  name: 'mysql2',
  database: 'mysql',
  placeholders: '?',
  begin: ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'BEGIN'],
  async query(connection, sql, params) {
    const result = await new Promise<unknown>((resolve, reject) => {
      connection.query(queryOf(sql, params), (error, rowsOrHeader) => {
        if (error) reject(error);
        else resolve(rowsOrHeader);
      });
    });
    return Array.isArray(result)
      ? { rows: result as Record<string, unknown>[], affected: 0 }
      : { rows: [], affected: (result as { affectedRows: number }).affectedRows };
  },
  isAnswer: (error) => typeof (error as { sqlMessage?: unknown } | null)?.sqlMessage === 'string',
};

/** A statement with its own settings: those of the application may lose digits of large ids, or change the values. */
const queryOf = (sql: string, params: readonly SqlValue[]): Mysql2Query => ({
  sql,
  values: [...params],
  supportBigNumbers: true,
  typeCast: (_field, next) => next(),
  rowsAsArray: false,
});

/**
 * Runs the store on a pool of mysql2 or mysql2/promise, for applications that use mysql2 itself, or a library on top of a pool that
 * they have made, such as Kysely. Keep the flag `FOUND_ROWS`, which is on by default.
 */
export function mysql2Executor(pool: Mysql2Pool): ServerExecutor {
  const callbackPool = ('pool' in pool ? pool.pool : pool) as Mysql2CallbackPool;
  return pooledExecutor<Mysql2PoolConnection>(mysql2Driver, {
    take: () =>
      new Promise<Mysql2PoolConnection>((resolve, reject) => {
        callbackPool.getConnection((error, connection) => {
          if (error) reject(error);
          else resolve(connection);
        });
      }),
    giveBack(connection) {
      connection.release();
    },
    discard: destroyConnection,
  });
}

/** Also closes the socket, because mysql2 waits until the server closes its end. */
export function destroyConnection(connection: Mysql2Connection): void {
  connection.destroy();
  const { stream } = connection as { stream?: { destroy?(): unknown } };
  stream?.destroy?.();
}
