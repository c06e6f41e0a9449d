import type { Database } from 'better-sqlite3';
import type { Knex } from 'knex';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { postgresWithFailpoint, sqliteWithFailpoint } from './drivers-with-failpoint.js';
import type { Failpoint } from './failpoint.js';
import type { HostSettings } from './settings.js';

const POOL_SIZE = 6;
const CONNECT_TIMEOUT_MS = 2_000;
const POSTGRES_LIMITS = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: 5_000 };

const isPostgres = (database: string): boolean => database.startsWith('postgres:');
const isMariaDb = (database: string): boolean => database.startsWith('mysql:');

/** TypeORM's connection; the failpoint controls its driver. */
export function typeOrmConnection(
  { database, halt, poolSize = POOL_SIZE }: HostSettings,
  failpoint: Failpoint,
): DataSourceOptions {
  if (isPostgres(database)) {
    return {
      type: 'postgres',
      url: database,
      extra: { max: poolSize, ...POSTGRES_LIMITS },
      driver: halt === undefined ? pg : postgresWithFailpoint(failpoint),
    };
  }
  if (isMariaDb(database)) {
    refuseHalt(halt);
    return { type: 'mariadb', url: database, poolSize, connectTimeout: CONNECT_TIMEOUT_MS };
  }
  return {
    type: 'better-sqlite3',
    database,
    prepareDatabase: (opened: Database) => {
      opened.pragma('journal_mode = WAL');
      opened.pragma('synchronous = FULL');
    },
    ...(halt && { driver: sqliteWithFailpoint(failpoint) }),
  };
}

/** An instance of Knex on the same database server; the failpoint controls its driver. Its pool ends with the process. */
export async function knexConnection(
  { database, halt, poolSize = POOL_SIZE }: HostSettings,
  failpoint: Failpoint,
): Promise<Knex> {
  // Loaded on demand, because other hosts start faster without it.
  const { default: knex } = await import('knex');
  const pool = { min: 0, max: poolSize };
  if (isPostgres(database)) {
    const connection = { connectionString: database, ...POSTGRES_LIMITS };
    const instance = knex({ client: 'pg', connection, pool });
    // The pool opens its first connection later, by this property.
    if (halt !== undefined)
      (instance.client as { driver: unknown }).driver = postgresWithFailpoint(failpoint);
    return instance;
  }
  if (!isMariaDb(database)) throw new Error('Knex lends connections of PostgreSQL and MariaDB only.');
  refuseHalt(halt);
  return knex({ client: 'mysql2', connection: { uri: database, connectTimeout: CONNECT_TIMEOUT_MS }, pool });
}

function refuseHalt(halt: HostSettings['halt']): void {
  if (halt !== undefined) throw new Error('On MariaDB no failpoint controls the driver.');
}
