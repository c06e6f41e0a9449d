import type { DataSource, QueryRunner } from 'typeorm';
import type { ServerExecutor, SqlResult, SqlValue } from '../sql/executor.js';
import { codeIn, type Driver, pooledExecutor, type PgQueries, queryAllOnPg } from '../sql/pooled-executor.js';

const postgres: Driver<QueryRunner> = {
  name: 'TypeORM',
  database: 'postgres',
  placeholders: '$1',
  begin: ['START TRANSACTION ISOLATION LEVEL READ COMMITTED'],
  query,
  // TypeORM returns no rows of several statements.
  queryAll: (runner, statements) => queryAllOnPg(connectionOf(runner) as PgQueries, statements),
  isAnswer: (error) => codeIn('postgres', error) !== undefined,
};

const mysql: Driver<QueryRunner> = {
  name: 'TypeORM',
  database: 'mysql',
  placeholders: '?',
  begin: ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'START TRANSACTION'],
  query,
  isAnswer: (error) => codeIn('mysql', error) !== undefined,
};

/** Lends connections of TypeORM's pool. Each query runner has its own connection, outside the application's transactions. */
export function typeOrmServerExecutor(dataSource: DataSource): ServerExecutor {
  const isPostgres = dataSource.options.type === 'postgres';
  const executor = pooledExecutor<QueryRunner>(isPostgres ? postgres : mysql, {
    async take() {
      const runner = dataSource.createQueryRunner();
      await runner.connect();
      return runner;
    },
    giveBack,
    discard(runner) {
      if (isPostgres) endConnection(connectionOf(runner) as PgConnection);
      else destroyConnection(connectionOf(runner) as Mysql2Connection);
      giveBack(runner);
    },
  });
  if (!isPostgres) return executor;
  const { master } = dataSource.driver as { master?: PgPool };
  master?.on('connect', ignoreConnectionError);
  executor.close = () => {
    master?.off('connect', ignoreConnectionError);
    return Promise.resolve();
  };
  return executor;
}

async function query(runner: QueryRunner, sql: string, params: readonly SqlValue[]): Promise<SqlResult> {
  const result = await runner.query(sql, [...params], true);
  const rows: unknown = result.records;
  return { rows: Array.isArray(rows) ? (rows as SqlResult['rows']) : [], affected: result.affected ?? 0 };
}

/** The driver's connection. */
const connectionOf = (runner: QueryRunner): unknown =>
  (runner as { databaseConnection?: unknown }).databaseConnection;

function giveBack(runner: QueryRunner): void {
  runner.release().catch(() => undefined);
}

/** Does not wait for the answer to a statement in progress. */
function endConnection(connection: PgConnection): void {
  connection.end().catch(() => undefined);
}

/** Also closes the socket, because mysql2 waits until the server closes its end. */
function destroyConnection(connection: Mysql2Connection): void {
  connection.destroy();
  connection.stream.destroy();
}

/**
 * Adds an error listener to a new connection. If the server closes a connection while it is being opened, pg emits `connect` and
 * `error` directly after each other: after the pool has removed its listener, and before TypeORM adds its own. An error without a
 * listener ends the process. With the listener the first query fails, and the pool drops the connection.
 */
function ignoreConnectionError(connection: { on(event: 'error', listener: () => void): unknown }): void {
  connection.on('error', () => undefined);
}

interface PgConnection {
  end(): Promise<void>;
}

interface Mysql2Connection {
  readonly stream: { destroy(): unknown };
  destroy(): void;
}

/** The pool of pg that TypeORM and the application share. */
type PgPool = Record<'on' | 'off', (event: 'connect', listener: typeof ignoreConnectionError) => unknown>;
