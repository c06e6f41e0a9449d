import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../../core/index.js';
import { engineFor } from '../sql/engine-for.js';
import { type SqlSource, SqlStore } from '../sql/sql-store.js';
import type { StoreContext, StoreDefinition } from '../store.port.js';
import { databaseKindOf } from './database-kind-of.js';
import { MevetoLogoutLogout } from './entities.js';
import { executorOf } from './executor-of.js';
import { type AccessTokenMapping, mappedTables, type UserMapping } from './mapped-tables.js';
import { tablesOf } from './tables-of.js';

export interface TypeOrmStoreOptions {
  /** The application's user entity, and the names of its properties. */
  readonly user: UserMapping;
  /** Stored access tokens, which a logout revokes. Omit the option if the application stores none. */
  readonly accessTokens?: AccessTokenMapping;
  /**
   * Name of the DataSource, as given to `TypeOrmModule.forRoot({ name })`.
   * @defaultValue the unnamed one
   */
  readonly dataSource?: string;
}

/**
 * A store in the application's own database: SQLite (better-sqlite3), PostgreSQL, MariaDB or MySQL. Give the DataSource
 * `mevetoLogoutEntities` and `mevetoLogoutMigrations`.
 */
export const typeOrmStore = (options: TypeOrmStoreOptions): StoreDefinition => ({
  create: (context) =>
    new SqlStore(() => sourceOf(dataSourceOf(options.dataSource, context), options), context),
});

function sourceOf(dataSource: DataSource, { user, accessTokens }: TypeOrmStoreOptions): SqlSource {
  return {
    database: databaseKindOf(dataSource),
    way: 'through TypeORM',
    tables: tablesOf(dataSource),
    logoutRowsNameParts: dataSource.getMetadata(MevetoLogoutLogout).tablePath.split('.'),
    hostTables: mappedTables(dataSource, user, accessTokens),
    creation:
      'Add ...mevetoLogoutMigrations to the DataSource’s `migrations` and run them (migrationsRun: true).',
    // The executor listens to the pool until the engine is closed.
    engine: (timeoutMs) => engineFor(executorOf(dataSource), timeoutMs),
  };
}

function dataSourceOf(name: string | undefined, { moduleRef }: StoreContext): DataSource {
  try {
    return moduleRef.get<DataSource>(getDataSourceToken(name), { strict: false });
  } catch {
    throw new ConfigurationError([
      `store: no DataSource${name === undefined ? '' : ` named '${name}'`} in the application. Import TypeOrmModule.forRoot({ … }).`,
    ]);
  }
}
