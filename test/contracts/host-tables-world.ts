import { afterEach, beforeEach, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ConfigurationError, type Store } from 'nestjs-meveto-logout';
import { typeOrmStore, type TypeOrmStoreOptions } from 'nestjs-meveto-logout/typeorm';
import {
  type DataSource,
  type DataSourceOptions,
  EntitySchema,
  type EntitySchemaColumnOptions,
  type EntityTarget,
  type ObjectLiteral,
  type Repository,
} from 'typeorm';
import type { ClaimedJob } from '../../libs/meveto-logout/src/store/inbox-jobs.js';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { incoming } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { connectHost, contextOf } from './typeorm-opened-store.js';

export const isMysql = databaseKind === 'MariaDB/MySQL';
export const MOMENT: EntitySchemaColumnOptions = {
  type: { SQLite: 'datetime', PostgreSQL: 'timestamptz', 'MariaDB/MySQL': 'timestamp' }[databaseKind],
  ...(isMysql && { precision: 3 }),
  nullable: true,
} as EntitySchemaColumnOptions;
export const BIGINT: EntitySchemaColumnOptions = { type: 'bigint', nullable: true };
export const PADDED = { type: databaseKind === 'SQLite' ? 'character' : 'char' } as const;
export const NAME: EntitySchemaColumnOptions = { type: 'varchar', length: 100 };

export type Columns = Record<string, EntitySchemaColumnOptions>;

export const usersWith = (columns: Columns): EntitySchema =>
  new EntitySchema({
    name: 'Account',
    tableName: 'accounts',
    columns: {
      id: { ...NAME, primary: true },
      mevetoId: { ...NAME, nullable: true, unique: true },
      lastLoggedIn: BIGINT,
      lastLoggedOut: BIGINT,
      ...columns,
    },
  });
export const tokensWith = (columns: Columns = {}): EntitySchema =>
  new EntitySchema({
    name: 'Pass',
    tableName: 'passes',
    columns: { id: { ...NAME, primary: true }, owner: NAME, issuedAt: BIGINT, ...columns },
  });
export const USER = {
  id: 'id',
  mevetoId: 'mevetoId',
  lastLoggedIn: 'lastLoggedIn',
  lastLoggedOut: 'lastLoggedOut',
};

/** Applies a transformer function to values that are not NULL. */
export const orNull =
  <A, B>(convert: (value: A) => B) =>
  (value: A | null | undefined): B | null =>
    value === null || value === undefined ? null : convert(value);

/** An application with its own tables for each test, and the warnings of the store at start. */
export class HostTablesWorld {
  readonly #warned: string[] = [];
  #warn: { mockRestore: () => void } | undefined;
  #database: TestDatabase | undefined;
  #dataSource: DataSource | undefined;
  #store: Store | undefined;

  constructor(create: () => Promise<TestDatabase>) {
    beforeEach(async () => {
      this.#database = await create();
      this.#warned.length = 0;
      this.#warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => {
        this.#warned.push(String(text));
      });
    });
    afterEach(async () => {
      this.#warn?.mockRestore();
      await this.#store?.close();
      if (this.#dataSource?.isInitialized === true) await this.#dataSource.destroy();
      await this.#database?.drop();
    });
  }

  get connection(): DataSourceOptions {
    if (this.#database === undefined) throw new Error('there is no database yet');
    return this.#database.connection;
  }

  get dataSource(): DataSource {
    if (this.#dataSource === undefined) throw new Error('it was not started');
    return this.#dataSource;
  }

  async start(
    entities: readonly EntitySchema[],
    options: TypeOrmStoreOptions,
    { prepare, connection = this.connection }: StartOptions = {},
  ): Promise<Store> {
    this.#dataSource = await connectHost(connection, entities);
    await prepare?.();
    this.#store = typeOrmStore(options).create(contextOf(this.#dataSource));
    await this.#store.connect();
    return this.#store;
  }

  startUsers(columns: Columns, options: StartOptions = {}): Promise<Store> {
    const entity = usersWith(columns);
    return this.start([entity], { user: { ...USER, entity } }, options);
  }

  rows(entity: EntityTarget<ObjectLiteral> = 'Account'): Repository<ObjectLiteral> {
    return this.dataSource.getRepository(entity);
  }

  warnings(): readonly string[] {
    return this.#warned;
  }
}

export interface StartOptions {
  /** Runs after the tables are created. */
  readonly prepare?: () => Promise<unknown>;
  readonly connection?: DataSourceOptions;
}

export async function faultsOf(started: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await started.catch((fault: unknown) => fault);
  if (!(error instanceof ConfigurationError)) throw new Error('it started', { cause: error });
  return error.faults;
}

export async function claim({ inbox }: Pick<Store, 'inbox'>, name = 'a'): Promise<ClaimedJob> {
  await inbox.receive([incoming(name)]);
  const [job] = await inbox.claim(1, 10_000);
  if (job === undefined) throw new Error('nothing to claim');
  return job;
}
