import type { ModuleRef } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  mevetoLogoutEntities,
  mevetoLogoutMigrations,
  type StoreContext,
  typeOrmStore,
} from 'nestjs-meveto-logout';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { SystemClock } from '../../libs/meveto-logout/src/model/clock.js';
import { AccessToken, storeMapping, User } from '../support/host-app.js';
import type { TestDatabase } from '../support/database.js';
import type { OpenedStore } from './opened-store.js';

/** A store on a database, with a look at its rows. */
export interface OpenedTypeOrmStore extends OpenedStore {
  /** The application's. */
  readonly dataSource: DataSource;
  /** The row of `incoming(name)`. */
  rowOf(name: string): Promise<Record<string, unknown>>;
}

export const mapping = storeMapping;

/** The application's DataSource with the module's tables by migration, and its own from its entities. */
export async function connectHost(
  connection: DataSourceOptions,
  entities: readonly (new () => object)[] = [User, AccessToken],
): Promise<DataSource> {
  const dataSource = new DataSource({
    ...connection,
    entities: [...entities, ...mevetoLogoutEntities],
    migrations: [...mevetoLogoutMigrations],
    migrationsRun: true,
  });
  await dataSource.initialize();
  await dataSource.synchronize();
  return dataSource;
}

/** What an adapter is given, with the application's DataSource as the only provider. */
export const contextOf = (dataSource: DataSource, storeTimeoutMs = 2_500): StoreContext => ({
  moduleRef: {
    get: (token: unknown) => {
      if (token === getDataSourceToken()) return dataSource;
      throw new Error('no such provider');
    },
  } as unknown as ModuleRef,
  clock: new SystemClock(),
  storeTimeoutMs,
  digestPerson: (mevetoId) => `person-${String(mevetoId.length)}-${mevetoId.slice(-1)}`,
  earlierDigestsOfPerson: (mevetoId) => ['none', `earlier-${encodeURIComponent(mevetoId)}`],
});

export async function openTypeOrmStore(
  database: Pick<TestDatabase, 'connection' | 'drop'>,
  { options = mapping, storeTimeoutMs = 2_500 } = {},
): Promise<OpenedTypeOrmStore> {
  const dataSource = await connectHost(database.connection);
  const store = typeOrmStore(options).create(contextOf(dataSource, storeTimeoutMs));
  await store.connect();
  const users = dataSource.getRepository(User);
  const tokens = dataSource.getRepository(AccessToken);
  return {
    store,
    dataSource,
    addUser: async (id, mevetoId) => {
      await users.insert({ id, mevetoId });
    },
    link: async (id, mevetoId) => {
      await users.update(id, { mevetoId });
    },
    mevetoIdOf: async (id) => (await users.findOneByOrFail({ id })).mevetoId,
    addToken: async (id, userId, signedInAt) => {
      await tokens.insert({ id, userId, signedInAt });
    },
    liveTokens: async () =>
      (await tokens.find())
        .filter(isLive)
        .map(({ id }) => id)
        .sort(),
    rowOf: (name) => rowOf(dataSource, name),
    passTime: (ms) => makeOlder(dataSource, ms),
    clear: async () => {
      for (const table of Object.keys(INSTANTS)) await dataSource.query(`DELETE FROM ${table}`);
    },
    close: async () => {
      await store.close();
      await dataSource.destroy();
      await database.drop();
    },
  };
}

const isLive = ({ revokedAt }: AccessToken): boolean => revokedAt === null;

async function rowOf(dataSource: DataSource, name: string): Promise<Record<string, unknown>> {
  const rows = await dataSource.query<Record<string, unknown>[]>(
    `SELECT * FROM meveto_logout_calls WHERE digest = 'digest-${name}'`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no row for ${name}`);
  return row;
}

const INSTANTS = {
  meveto_logout_calls: ['received_at', 'occurred_at', 'due_at', 'settled_at', 'listed_at'],
  meveto_logout_marks: ['logged_out_at', 'settled_at'],
  meveto_logout_senders: ['confirmed_at'],
  meveto_logout_leases: ['held_until'],
  users: ['last_logged_in', 'last_logged_out'],
  access_tokens: ['signed_in_at', 'revoked_at'],
} as const;

/** The database has a clock of its own, so time passes by moving everything into the past. */
async function makeOlder(dataSource: DataSource, ms: number): Promise<void> {
  for (const [table, columns] of Object.entries(INSTANTS)) {
    const older = columns.map((column) => `${column} = ${column} - ${String(ms)}`);
    await dataSource.query(`UPDATE ${table} SET ${older.join(', ')}`);
  }
}
