import 'reflect-metadata';
import { Module, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  bearerToken,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  type MevetoLogoutStaticOptions,
} from 'nestjs-meveto-logout';
import {
  mevetoLogoutEntities,
  mevetoLogoutMigrations,
  typeOrmStore,
  type TypeOrmStoreOptions,
} from 'nestjs-meveto-logout/typeorm';
import { Column, DataSource, Entity, Index, PrimaryColumn } from 'typeorm';
import type { RunDatabase } from './database.js';
import { instant, User, userMapping } from '../user.js';
import { sessionOf } from './live-protocol.js';
import { mevetoIdOf } from './meveto-id.js';

@Entity('access_tokens')
export class AccessToken {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Index('access_tokens_user')
  @Column({ type: 'int', name: 'user_id' })
  userId!: number;

  @Column({ ...instant, name: 'signed_in_at' })
  signedInAt!: number | null;

  @Column({ ...instant, name: 'revoked_at' })
  revokedAt!: number | null;
}

/** The application remembers for half a second that a sender is unknown. */
export const SENDER_KNOWN_AFTER_MS = 1_000;

const mapping: TypeOrmStoreOptions = {
  user: userMapping,
  accessTokens: { entity: AccessToken, userId: 'userId', issuedAt: 'signedInAt', revokedAt: 'revokedAt' },
};

export interface HostOptions {
  readonly database: RunDatabase;
  readonly mevetoUrl: string;
  /** Users 0 to `users` - 1, each with one stored access token. */
  readonly users: number;
  readonly options?: Partial<MevetoLogoutOptions>;
  readonly staticOptions?: MevetoLogoutStaticOptions;
  readonly metadata?: ModuleMetadata;
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** Starts an application with the module, on Express and on the database of this run. */
export async function startHost(host: HostOptions): Promise<INestApplication> {
  @Module({
    ...host.metadata,
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => ({
          ...host.database.connection,
          entities: [User, AccessToken, ...mevetoLogoutEntities],
          migrations: [...mevetoLogoutMigrations],
          migrationsRun: true,
          retryAttempts: 0,
        }),
        dataSourceFactory: async (options) => {
          if (options === undefined) throw new Error('No connection.');
          const dataSource = await new DataSource(options).initialize();
          await prepareTables(dataSource, host.users);
          return dataSource;
        },
      }),
      MevetoLogoutModule.forRoot({
        clientId: 'bench-client',
        clientSecret: 'bench-client-secret-0123456789',
        apiUrl: host.mevetoUrl,
        store: typeOrmStore(mapping),
        session: bearerToken({ verify: sessionOf }),
        ...host.options,
        ...host.staticOptions,
      }),
    ],
  })
  class HostModule {}

  const builder = Test.createTestingModule({ imports: [HostModule] });
  const testing = await (host.override?.(builder) ?? builder).compile();
  const app = testing.createNestApplication({
    logger: ['error', 'fatal'],
    forceCloseConnections: true,
  });
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Creates the application's tables and users in few statements. */
async function prepareTables(dataSource: DataSource, count: number): Promise<void> {
  for (const sql of [
    'CREATE TABLE users (id integer PRIMARY KEY, meveto_id varchar(64) UNIQUE, last_logged_in bigint, last_logged_out bigint)',
    'CREATE TABLE access_tokens (id varchar(64) PRIMARY KEY, user_id integer NOT NULL, signed_in_at bigint, revoked_at bigint)',
    'CREATE INDEX access_tokens_user ON access_tokens (user_id)',
  ])
    await dataSource.query(sql);
  const signedInAt = Date.now() - 3_600_000;
  const batch = 1_000;
  for (let first = 0; first < count; first += batch) {
    const ids = Array.from({ length: Math.min(batch, count - first) }, (_, index) => first + index);
    const users = ids.map((id) => `(${String(id)}, '${mevetoIdOf(id)}')`);
    const tokens = ids.map((id) => `('token-${String(id)}', ${String(id)}, ${String(signedInAt)})`);
    await dataSource.query(`INSERT INTO users (id, meveto_id) VALUES ${users.join(', ')}`);
    await dataSource.query(
      `INSERT INTO access_tokens (id, user_id, signed_in_at) VALUES ${tokens.join(', ')}`,
    );
  }
  if (dataSource.options.type === 'postgres') await dataSource.query('ANALYZE users, access_tokens');
}

export const urlOf = async (app: INestApplication): Promise<string> =>
  (await app.getUrl()).replace('[::1]', '127.0.0.1');
