import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  type MevetoLogoutStaticOptions,
} from 'nestjs-meveto-logout';
import { mevetoLogoutEntities, mevetoLogoutMigrations, typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { DataSource } from 'typeorm';
import type { RunDatabase } from '../runs/database.js';
import { User, userMapping } from '../user.js';

/** Secret last segment of the webhook's path, as in production. */
export const SECRET_PATH = 'bench-secret-path-of-thirty-chars';

export interface Rows {
  /** Users 1 to `users`. */
  readonly users: number;
  /** So many of the users, spread evenly, logged out an hour ago. */
  readonly loggedOut: number;
}

/** TypeORM with the tables of the application and of the module. Creates the users on an empty database. */
export function hostDatabase(database: RunDatabase, rows: Rows): DynamicModule {
  return TypeOrmModule.forRootAsync({
    useFactory: () => ({ ...database.connection, retryAttempts: 0 }),
    dataSourceFactory: async () => {
      const dataSource = await new DataSource({
        ...database.connection,
        entities: [User, ...mevetoLogoutEntities],
        migrations: [...mevetoLogoutMigrations],
        migrationsRun: true,
      }).initialize();
      await insertUsers(dataSource, rows);
      return dataSource;
    },
  });
}

/** This package as in production: TypeORM's store, the secret path, sealed tokens. */
export const mevetoLogout = (
  mevetoUrl: string,
  options: Pick<MevetoLogoutOptions, 'session'> & Partial<MevetoLogoutOptions>,
  staticOptions: MevetoLogoutStaticOptions = {},
): DynamicModule =>
  MevetoLogoutModule.forRoot({
    clientId: 'bench-client',
    clientSecret: 'bench-client-secret-0123456789',
    apiUrl: mevetoUrl,
    store: typeOrmStore({
      user: userMapping,
    }),
    webhook: { secretPath: SECRET_PATH },
    ...options,
    ...staticOptions,
  });

async function insertUsers(dataSource: DataSource, { users, loggedOut }: Rows): Promise<void> {
  await dataSource.query(
    'CREATE TABLE users (id integer PRIMARY KEY, meveto_id varchar(64) UNIQUE, last_logged_in bigint, last_logged_out bigint)',
  );
  const anHourAgo = Date.now() - 3_600_000;
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${String(users)})`;
  const isLoggedOut = loggedOut === 0 ? '1 = 0' : `n % ${String(Math.round(users / loggedOut))} = 0`;
  await dataSource.query(
    `INSERT INTO users ${numbers} SELECT n, 'meveto-user-' || n, NULL, CASE WHEN ${isLoggedOut} THEN ${String(anHourAgo)} END FROM numbers`,
  );
  await dataSource.query(
    `INSERT INTO meveto_logout_logouts (user_id, logged_out_at, committed_at)
      ${numbers} SELECT n, ${String(anHourAgo)}, ${String(anHourAgo)} FROM numbers WHERE ${isLoggedOut}`,
  );
}
