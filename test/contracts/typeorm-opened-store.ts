import type { ModuleRef } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { Store, StoreContext } from 'nestjs-meveto-logout';
import { mevetoLogoutEntities, mevetoLogoutMigrations, typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import { AccessToken, storeMapping, User } from '../support/hosts/host-app.js';
import type { TestDatabase } from '../support/database.js';
import { SteppedClock } from '../support/stepped-clock.js';
import {
  inOrder,
  type OpenedSqlRows,
} from '../../libs/meveto-logout/src/testing/conformance/opened-sql-rows.js';

/** A store on a database, with access to its rows. */
export interface OpenedTypeOrmStore extends OpenedSqlRows {
  /** The application's DataSource. */
  readonly dataSource: DataSource;
  /** Starts another process on the same tables, until the end of the test. */
  another(): Promise<Store>;
  /** The row of `incoming(name)`. */
  rowOf(name: string): Promise<Record<string, unknown>>;
}

export const mapping = storeMapping;

/** The application's DataSource, with the module's tables by migration and the application's tables by synchronisation. */
export async function connectHost(
  connection: DataSourceOptions,
  entities: readonly ((new () => object) | EntitySchema)[] = [User, AccessToken],
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

/** The context of a store, with the application's DataSource as the only provider. */
export const contextOf = (dataSource: DataSource, storeTimeoutMs = 2_500): StoreContext => ({
  moduleRef: {
    get: (token: unknown) => {
      if (token === getDataSourceToken()) return dataSource;
      throw new Error('no such provider');
    },
  } as unknown as ModuleRef,
  storeTimeoutMs,
  digestSubject: (mevetoId) => `subject-${String(mevetoId.length)}-${mevetoId.slice(-1)}`,
  earlierDigestsOfSubject: (mevetoId) => ['none', `earlier-${encodeURIComponent(mevetoId)}`],
});

export async function openTypeOrmStore(
  database: Pick<TestDatabase, 'connection' | 'drop'>,
  { options = mapping, storeTimeoutMs = 2_500 } = {},
): Promise<OpenedTypeOrmStore> {
  const dataSource = await connectHost(database.connection);
  const clock = new SteppedClock(dataSource);
  const connect = async (): Promise<Store> => {
    const connected = typeOrmStore(options).create(contextOf(dataSource, storeTimeoutMs));
    await connected.connect();
    return connected;
  };
  let store = await connect();
  const others: Store[] = [];
  const users = dataSource.getRepository(User);
  const tokens = dataSource.getRepository(AccessToken);
  return {
    get store() {
      return store;
    },
    dataSource,
    another: async () => {
      const other = await connect();
      others.push(other);
      return other;
    },
    stepClock: (ms) => void (clock.aheadMs += ms),
    restart: async () => {
      await store.close();
      store = await connect();
    },
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
    rows: async (table, condition) =>
      inOrder(await dataSource.query(`SELECT * FROM ${TABLES[table]} WHERE ${condition}`)),
    rowOf: (name) => rowOf(dataSource, name),
    passTime: (ms) => makeOlder(dataSource, ms),
    clear: async () => {
      clock.aheadMs = 0;
      for (const other of others.splice(0)) await other.close();
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
    `SELECT * FROM meveto_logout_jobs WHERE digest = 'digest-${name}'`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no row for ${name}`);
  return row;
}

const TABLES = {
  jobs: 'meveto_logout_jobs',
  logouts: 'meveto_logout_logouts',
  senders: 'meveto_logout_senders',
  users: 'users',
  accessTokens: 'access_tokens',
} as const;

const INSTANTS = {
  meveto_logout_jobs: ['received_at', 'occurred_at', 'due_at', 'finished_at', 'listed_at'],
  meveto_logout_logouts: ['logged_out_at', 'committed_at'],
  meveto_logout_senders: ['confirmed_at'],
  meveto_logout_leases: ['leased_until'],
  users: ['last_logged_in', 'last_logged_out'],
  access_tokens: ['signed_in_at', 'revoked_at'],
} as const;

/** Moves all times into the past, because the database has its own clock. */
async function makeOlder(dataSource: DataSource, ms: number): Promise<void> {
  for (const [table, columns] of Object.entries(INSTANTS)) {
    const older = columns.map((column) => `${column} = ${column} - ${String(ms)}`);
    await dataSource.query(`UPDATE ${table} SET ${older.join(', ')}`);
  }
}
