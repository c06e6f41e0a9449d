import { ConfigurationError } from '../../core/index.js';
import type { ServerExecutor } from '../sql/executor.js';
import { destroyConnection, type Mysql2Connection, mysql2Driver } from './mysql2-executor.js';
import { destroySocket, ignoreError, type PgClient, pgDriver } from './pg-executor.js';
import { pooledExecutor } from '../sql/pooled-executor.js';

/** The part of Knex that the executor uses. */
export interface KnexInstance {
  readonly client: {
    readonly dialect?: string;
    readonly driverName?: string;
    acquireConnection(): Promise<unknown>;
    releaseConnection(connection: never): unknown;
  };
  readonly isTransaction?: boolean;
}

/** Knex does not lend a connection again on which this property is set. */
interface Disposable {
  __knex__disposed?: Error;
}

/**
 * Runs the store on the pool of Knex: client `pg` for PostgreSQL, or `mysql2` for MariaDB and MySQL. Statements go to the connection
 * itself, because Knex adds all parameters to the message of an error. They appear in no event of Knex.
 * @throws {ConfigurationError} when the instance has another client, or is a transaction
 */
export function knexExecutor(knex: KnexInstance): ServerExecutor {
  const { client } = knex;
  if (knex.isTransaction === true)
    throw new ConfigurationError(['store: knexExecutor got a transaction, expected the instance itself.']);
  const giveBack = (connection: unknown): void => {
    client.releaseConnection(connection as never);
  };
  const dispose = (connection: object): void => {
    (connection as Disposable).__knex__disposed = new Error('closed by the store');
    giveBack(connection);
  };
  if (client.driverName === 'pg' && client.dialect === 'postgresql')
    return pooledExecutor<PgClient>(
      { ...pgDriver, name: 'Knex' },
      {
        take: async () => {
          const connection = (await client.acquireConnection()) as PgClient;
          connection.on('error', ignoreError);
          return connection;
        },
        giveBack(connection) {
          connection.off('error', ignoreError);
          giveBack(connection);
        },
        discard(connection) {
          destroySocket(connection);
          dispose(connection);
        },
      },
    );
  if (client.driverName === 'mysql2')
    return pooledExecutor<Mysql2Connection>(
      { ...mysql2Driver, name: 'Knex' },
      {
        take: () => client.acquireConnection() as Promise<Mysql2Connection>,
        giveBack,
        discard(connection) {
          destroyConnection(connection);
          dispose(connection);
        },
      },
    );
  throw new ConfigurationError([
    `store: knexExecutor got the client ${nameOf(client)}, expected pg or mysql2. For SQLite use sqliteFile().`,
  ]);
}

/** CockroachDB and PostgreSQL have the same driver, MySQL and MariaDB have several. */
const nameOf = ({ dialect, driverName }: KnexInstance['client']): string =>
  String(dialect === 'cockroachdb' ? dialect : driverName);
