import { drizzle as drizzleOnMysql } from 'drizzle-orm/mysql2';
import { drizzle as drizzleOnPostgres } from 'drizzle-orm/node-postgres';
import knex from 'knex';
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely';
import { createPool } from 'mysql2';
import { createPool as createPromisePool } from 'mysql2/promise';
import type { ServerExecutor } from 'nestjs-meveto-logout';
import {
  drizzleExecutor,
  knexExecutor,
  kyselyExecutor,
  mysql2Executor,
  pgExecutor,
} from 'nestjs-meveto-logout/executors';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { executorOf } from '../../libs/meveto-logout/src/store/typeorm/executor-of.js';
import type { OpenedExecutor, OpenOptions } from '../contracts/executor-world.js';

type Open = (options: OpenOptions) => Promise<OpenedExecutor>;

/** The default of the connections, which an executor has to override. */
const SERIALIZABLE = '-c default_transaction_isolation=serializable';
const CONNECT_TIMEOUT_MS = 1_000;

const isMysql = (url: string): boolean => url.startsWith('mysql:');

const opened = (executor: ServerExecutor, close: () => Promise<unknown>): Promise<OpenedExecutor> =>
  Promise.resolve({
    executor,
    close: async () => {
      await close();
    },
  });

function pgPool({ url, poolSize }: OpenOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: SERIALIZABLE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // Otherwise the end of the server's connection when the database is dropped would end the process.
  pool.on('error', () => undefined);
  return pool;
}

const mysqlOptions = ({ url, poolSize }: OpenOptions) => ({
  uri: url,
  connectionLimit: poolSize,
  connectTimeout: CONNECT_TIMEOUT_MS,
});

/** pg or mysql2. */
export const openDriver: Open = (options) => {
  if (isMysql(options.url)) {
    const pool = createPool(mysqlOptions(options));
    return opened(mysql2Executor(pool), () => pool.promise().end());
  }
  const pool = pgPool(options);
  return opened(pgExecutor(pool), () => pool.end());
};

const openKnex: Open = ({ url, poolSize }) => {
  const instance = knex({
    client: isMysql(url) ? 'mysql2' : 'pg',
    connection: isMysql(url)
      ? { uri: url, connectTimeout: CONNECT_TIMEOUT_MS }
      : { connectionString: url, options: SERIALIZABLE, connectionTimeoutMillis: CONNECT_TIMEOUT_MS },
    pool: { min: 0, max: poolSize },
    log: { warn: () => undefined },
  } as knex.Knex.Config);
  return opened(knexExecutor(instance), () => instance.destroy());
};

const openKnexOnPool: Open = (options) => {
  const pool = isMysql(options.url) ? createPool(mysqlOptions(options)) : pgPool(options);
  const instance = knex({
    client: isMysql(options.url) ? 'mysql2' : 'pg',
    connectionPool: pool,
    log: { warn: () => undefined },
  } as knex.Knex.Config);
  return opened(knexExecutor(instance), async () => {
    await instance.destroy();
    await ('promise' in pool ? pool.promise().end() : pool.end());
  });
};

/** Kysely does not listen to errors of the connections that it takes, which would end the process. */
function listeningPgPool(options: OpenOptions): pg.Pool {
  const pool = pgPool(options);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const openKysely: Open = (options) => {
  const { url } = options;
  const db = new Kysely<object>({
    dialect: isMysql(url)
      ? new MysqlDialect({ pool: createPool({ ...mysqlOptions(options), supportBigNumbers: true }) })
      : new PostgresDialect({ pool: listeningPgPool(options) }),
  });
  return opened(kyselyExecutor(db, isMysql(url) ? 'mysql' : 'postgres'), () => db.destroy());
};

const openDrizzle: Open = (options) => {
  if (isMysql(options.url)) {
    const pool = createPromisePool(mysqlOptions(options));
    return opened(drizzleExecutor(drizzleOnMysql({ client: pool })), () => pool.end());
  }
  const pool = pgPool(options);
  return opened(drizzleExecutor(drizzleOnPostgres({ client: pool })), () => pool.end());
};

const openTypeOrm: Open = async ({ url, poolSize }) => {
  const dataSource = new DataSource({
    type: isMysql(url) ? 'mysql' : 'postgres',
    url,
    poolSize,
    extra: isMysql(url)
      ? { connectTimeout: CONNECT_TIMEOUT_MS }
      : { options: SERIALIZABLE, connectionTimeoutMillis: CONNECT_TIMEOUT_MS },
  });
  await dataSource.initialize();
  return opened(executorOf(dataSource) as ServerExecutor, () => dataSource.destroy());
};

/** Opens an executor for a database server, by the name of its library. */
export const EXECUTORS: readonly (readonly [library: string, open: Open])[] = [
  ['TypeORM', openTypeOrm],
  ['pg or mysql2', openDriver],
  ['Knex', openKnex],
  ['Knex on a pool of its own driver', openKnexOnPool],
  ['Kysely', openKysely],
  ['Drizzle', openDrizzle],
];
