import type { DataSource } from 'typeorm';
import type { ServerExecutor, SqliteExecutor } from '../sql/executor.js';
import { databaseKindOf } from './database-kind-of.js';
import { typeOrmServerExecutor } from './server-executor.js';
import { typeOrmSqliteExecutor } from './sqlite-executor.js';

/** @throws {ConfigurationError} when the DataSource has a database that the store does not support */
export function executorOf(dataSource: DataSource): ServerExecutor | SqliteExecutor {
  return databaseKindOf(dataSource) === 'sqlite'
    ? typeOrmSqliteExecutor(dataSource)
    : typeOrmServerExecutor(dataSource);
}
