import { afterEach, beforeEach, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type InstantColumnName, type NamedTables, sqlStore, type Store } from 'nestjs-meveto-logout';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { executorOf } from '../../libs/meveto-logout/src/store/typeorm/executor-of.js';
import type { TestDatabase } from '../support/database.js';
import { connectHost, contextOf } from './typeorm-opened-store.js';
import { databaseKindOf } from '../../libs/meveto-logout/src/store/typeorm/database-kind-of.js';

/** The types of the columns of an application. */
export interface Types {
  readonly id?: string;
  readonly mevetoId?: string;
  readonly instant: string;
  readonly owner?: string;
  /** Further parts of the definition of the user table. */
  readonly more?: string;
}

/** The names of the tables below. */
export const namesWith = (
  instant: (column: string) => InstantColumnName = (column) => column,
): Required<NamedTables> => ({
  users: {
    table: 'Order',
    id: 'Key',
    mevetoId: 'group',
    lastLoggedIn: instant('loggedIn'),
    lastLoggedOut: instant('loggedOut'),
    deletedAt: 'deletedAt',
  },
  accessTokens: {
    table: 'passes',
    userId: 'owner',
    issuedAt: instant('issued at'),
    revokedAt: instant('revoked'),
  },
});

/** An application whose tables are not known to TypeORM. TypeORM only lends the connection. */
export class NamedTablesWorld {
  readonly warnings: string[] = [];
  #warn: { mockRestore: () => void } | undefined;
  #database: TestDatabase | undefined;
  #dataSource: DataSource | undefined;
  #store: Store | undefined;

  constructor(create: () => Promise<TestDatabase>) {
    beforeEach(async () => {
      this.#database = await create();
      this.warnings.length = 0;
      this.#warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => {
        this.warnings.push(String(text));
      });
      this.#dataSource = await connectHost(this.#database.connection, []);
    });
    afterEach(async () => {
      this.#warn?.mockRestore();
      await this.#store?.close();
      await this.#dataSource?.destroy();
      await this.#database?.drop();
    });
  }

  get dataSource(): DataSource {
    if (this.#dataSource === undefined) throw new Error('it was not started');
    return this.#dataSource;
  }

  /** Connects again with other options of the driver. */
  async reconnect(options: object): Promise<void> {
    await this.dataSource.destroy();
    this.#dataSource = await connectHost(
      { ...this.#database?.connection, ...options } as DataSourceOptions,
      [],
    );
  }

  /** Runs a statement with names in double quotes. */
  query<T = Record<string, unknown>>(sql: string): Promise<T[]> {
    const isMysql = databaseKindOf(this.dataSource) === 'mysql';
    return this.dataSource.query<T[]>(isMysql ? sql.replaceAll('"', '`') : sql);
  }

  async createTables({ id = 'varchar(100)', mevetoId = 'varchar(100)', ...types }: Types): Promise<void> {
    const { instant, owner = id, more = ', PRIMARY KEY ("Key"), UNIQUE ("group")' } = types;
    await this.query(
      `CREATE TABLE "Order" ("Key" ${id} NOT NULL, "group" ${mevetoId}, "loggedIn" ${instant}, "loggedOut" ${instant},
        "deletedAt" ${instant} ${more})`,
    );
    await this.query(
      `CREATE TABLE passes (id varchar(10) PRIMARY KEY, owner ${owner}, "issued at" ${instant}, revoked ${instant})`,
    );
  }

  async start(hostTables: NamedTables): Promise<Store> {
    const executor = executorOf(this.dataSource);
    const store = sqlStore({ executor, hostTables }).create(contextOf(this.dataSource));
    await store.connect();
    this.#store = store;
    return store;
  }
}
