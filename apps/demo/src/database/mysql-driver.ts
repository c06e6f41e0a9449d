import mysql, { type Pool, type PoolConnection, type PoolOptions } from 'mysql2';

type Query = (...given: unknown[]) => unknown;

/** The part of mysql2 that is replaced here; TypeORM uses the rest unchanged. */
interface MysqlDriver {
  createPool(options: PoolOptions): Pool;
}

/**
 * mysql2, but a connection is closed after a query without an answer. mysql2 abandons such a query after its time-out
 * but returns the connection to the pool, where later queries wait behind the abandoned one. TypeORM's own time-out
 * option also logs slow queries with their parameters, so this driver sets the time-out.
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
