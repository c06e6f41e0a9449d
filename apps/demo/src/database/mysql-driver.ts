import mysql, { type Pool, type PoolConnection, type PoolOptions } from 'mysql2';

type Query = (...given: unknown[]) => unknown;

/** The part of mysql2 that is changed here; TypeORM finds the rest there too. */
interface MysqlDriver {
  createPool(options: PoolOptions): Pool;
}

/**
 * mysql2 with connections that do not survive a query without an answer. It would give such a query up after its
 * time-out, but put the connection back into the pool, where every later query waits behind the one that never ends.
 * TypeORM's own option for a time-out also logs slow queries with their parameters, so this one sets it.
 */
export const mysqlDriver = (queryTimeoutMs: number): MysqlDriver => ({
  ...mysql,
  createPool(options: PoolOptions): Pool {
    const pool = mysql.createPool(options);
    pool.on('connection', (connection) => {
      watch(connection, queryTimeoutMs);
    });
    return pool;
  },
});

function watch(connection: PoolConnection, timeout: number): void {
  const query = connection.query.bind(connection) as Query;
  const watched: Query = (sql, ...given) => {
    const done = given.at(-1);
    if (typeof sql !== 'string' || typeof done !== 'function') return query(sql, ...given);
    const answer = (error: unknown, ...rest: unknown[]): void => {
      if (isWithoutAnswer(error)) connection.destroy();
      (done as Query)(error, ...rest);
    };
    return query({ sql, timeout }, ...given.slice(0, -1), answer);
  };
  Object.assign(connection, { query: watched });
}

const isWithoutAnswer = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'PROTOCOL_SEQUENCE_TIMEOUT';
