import { mevetoLogoutEntities, mevetoLogoutMigrations } from 'nestjs-meveto-logout/typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { DatabaseTarget } from '../config/database-target.js';
import { Session } from '../sessions/session.entity.js';
import { AccessToken } from '../tokens/access-token.entity.js';
import { User } from '../users/user.entity.js';
import { CreateDemoTables1760000000000 } from './migrations/1760000000000-create-demo-tables.js';
import { mysqlDriver } from './mysql-driver.js';
import { PostgresClient } from './postgres-client.js';
import { Setting } from './setting.entity.js';

const CONNECT_TIMEOUT_MS = 2_000;
/** With PostgreSQL also the wait for a connection of the pool: a full pool is not an outage. */
const POOL_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
/** better-sqlite3 blocks the event loop while it waits for another process's lock, so it must not wait long. */
const SQLITE_BUSY_TIMEOUT_MS = 250;

/** The part of better-sqlite3's connection that is set up before TypeORM uses it. */
interface SqliteConnection {
  pragma(source: string): unknown;
}

const shared = {
  entities: [User, AccessToken, Session, Setting, ...mevetoLogoutEntities],
  migrations: [CreateDemoTables1760000000000, ...mevetoLogoutMigrations],
  // Replicas start at the same time: `openDatabase` runs the migrations under a lock of the database.
  migrationsRun: false,
  synchronize: false,
} satisfies Partial<DataSourceOptions>;

/** How TypeORM connects to the chosen database. */
export function databaseOptions(target: DatabaseTarget): DataSourceOptions {
  switch (target.kind) {
    case 'sqlite':
      return {
        ...shared,
        type: 'better-sqlite3',
        database: target.path,
        timeout: SQLITE_BUSY_TIMEOUT_MS,
        prepareDatabase: makeDurable,
      };
    case 'postgres':
      return {
        ...shared,
        type: 'postgres',
        url: target.url,
        connectTimeoutMS: POOL_TIMEOUT_MS,
        extra: { query_timeout: QUERY_TIMEOUT_MS, keepAlive: true, Client: PostgresClient },
      };
    case 'mysql':
      return {
        ...shared,
        type: 'mysql',
        url: target.url,
        connectTimeout: CONNECT_TIMEOUT_MS,
        driver: mysqlDriver(QUERY_TIMEOUT_MS),
        charset: 'utf8mb4',
        extra: { enableKeepAlive: true },
      };
  }
}

/**
 * WAL alone would leave `synchronous` at NORMAL on the next start: a power failure could then lose a committed logout.
 */
function makeDurable(connection: SqliteConnection): void {
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
}
