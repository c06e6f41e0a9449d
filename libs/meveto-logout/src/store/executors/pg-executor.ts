import type { ServerExecutor } from '../sql/executor.js';
import { codeIn, type Driver, pooledExecutor, type PgQueries, queryAllOnPg } from '../sql/pooled-executor.js';

/** The part of pg's `Client` that the executor uses. */
export interface PgClient extends PgQueries {
  on(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
}

/** The part of pg's `PoolClient` that the executor uses. */
interface PgPoolClient extends PgClient {
  release(isBroken?: boolean): void;
}

/** The part of pg's `Pool` that the executor uses. */
export interface PgPool {
  connect(callback: (error: Error | undefined, client: PgPoolClient | undefined) => void): void;
}

/** pg, also behind a library that uses pg. */
export const pgDriver: Driver<PgClient> = {
  name: 'pg',
  database: 'postgres',
  placeholders: '$1',
  begin: ['BEGIN ISOLATION LEVEL READ COMMITTED'],
  async query(client, text, params) {
    const { rows, rowCount } = await client.query({ text, values: [...params] });
    return { rows, affected: rowCount ?? 0 };
  },
  queryAll: queryAllOnPg,
  isAnswer: (error) => codeIn('postgres', error) !== undefined,
};

/**
 * Runs the store on a pool of pg, for applications that use pg itself, or a library on top of a pool that they have made, such as
 * Kysely. `Pool` of `@neondatabase/serverless` has the same interface. Not for pg-native.
 */
export function pgExecutor(pool: PgPool): ServerExecutor {
  return pooledExecutor<PgPoolClient>(pgDriver, {
    // The callback runs before any other event, so that no connection is without a listener for a moment.
    take: () =>
      new Promise<PgPoolClient>((resolve, reject) => {
        pool.connect((error, client) => {
          if (client === undefined) {
            reject(error ?? new Error('The pool returned no connection.'));
            return;
          }
          client.on('error', ignoreError);
          resolve(client);
        });
      }),
    giveBack(client) {
      client.off('error', ignoreError);
      client.release();
    },
    discard(client) {
      client.release(true);
      destroySocket(client);
    },
  });
}

/** A lost connection emits an error, which ends the process if nothing listens. The statement in progress fails anyway. */
export const ignoreError = (): void => undefined;

/** Closes the socket itself, because pg waits for the server if no statement is in progress, and for statements in a pipeline. */
export function destroySocket(client: unknown): void {
  const { connection } = client as { connection?: { stream?: { destroy?(): unknown } } };
  connection?.stream?.destroy?.();
}
