import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../../errors.js';
import type { Inbox } from '../../inbox/inbox.port.js';
import type { LogoutRegister } from '../../logout/logout-register.port.js';
import type { Lease } from '../../reconcile/lease.port.js';
import type { Store, StoreContext, StoreDefinition } from '../store.port.js';
import { type AccessTokenMapping, hostTablesOf, type UserMapping } from './host-tables.js';
import { MysqlEngine } from './mysql-engine.js';
import { PostgresEngine } from './postgres-engine.js';
import type { SqlEngine } from './sql.js';
import { SqliteEngine } from './sqlite-engine.js';
import { tablesOf } from './tables.js';
import { TypeOrmInbox } from './typeorm-inbox.js';
import { TypeOrmLease } from './typeorm-lease.js';
import { TypeOrmLogoutRegister } from './typeorm-logout-register.js';

export interface TypeOrmStoreOptions {
  /** The application's user entity, and the names of its properties. */
  readonly user: UserMapping;
  /** Stored access tokens, to be revoked with the logout. Left out: the application stores none. */
  readonly accessTokens?: AccessTokenMapping;
  /**
   * Name of the DataSource, as given to `TypeOrmModule.forRoot({ name })`.
   * @defaultValue the unnamed one
   */
  readonly dataSource?: string;
}

/**
 * Keeps everything in the application's own database, SQLite (better-sqlite3), PostgreSQL, MariaDB or MySQL. Give the DataSource
 * `mevetoLogoutEntities` and `mevetoLogoutMigrations`.
 */
export const typeOrmStore = (options: TypeOrmStoreOptions): StoreDefinition => ({
  create: (context) => new TypeOrmStore(options, context),
});

class TypeOrmStore implements Store {
  #parts: { engine: SqlEngine; inbox: Inbox; register: LogoutRegister; lease: Lease } | undefined;

  constructor(
    private readonly options: TypeOrmStoreOptions,
    private readonly context: StoreContext,
  ) {}

  get inbox(): Inbox {
    return this.#connected().inbox;
  }

  get register(): LogoutRegister {
    return this.#connected().register;
  }

  get lease(): Lease {
    return this.#connected().lease;
  }

  async connect(): Promise<void> {
    if (this.#parts !== undefined) return;
    const dataSource = this.#dataSource();
    const tables = tablesOf(dataSource);
    const { users, accessTokens } = hostTablesOf(dataSource, this.options.user, this.options.accessTokens);
    const engine = engineFor(dataSource, this.context.storeTimeoutMs);
    await engine.connect();
    const ownTables = [tables.calls, tables.marks, tables.leases, tables.senders];
    await engine.checkTables([...ownTables, users.path, ...(accessTokens ? [accessTokens.path] : [])]);
    const inbox = new TypeOrmInbox(engine, tables);
    await inbox.summary().catch((error: unknown) => {
      throw new ConfigurationError([
        'store: the module’s tables cannot be read. Add ...mevetoLogoutMigrations to the DataSource’s `migrations` and ' +
          `run them (migrationsRun: true). The database says: ${reasonOf(error)}`,
      ]);
    });
    this.#parts = {
      engine,
      inbox,
      register: new TypeOrmLogoutRegister(
        engine,
        tables,
        users,
        accessTokens,
        this.context.digestPerson,
        this.context.earlierDigestsOfPerson,
      ),
      lease: new TypeOrmLease(engine, tables.leases),
    };
  }

  async close(): Promise<void> {
    await this.#parts?.engine.close();
  }

  #connected() {
    if (this.#parts === undefined)
      throw new Error('The store is used before the application was initialised.');
    return this.#parts;
  }

  #dataSource(): DataSource {
    try {
      return this.context.moduleRef.get<DataSource>(getDataSourceToken(this.options.dataSource), {
        strict: false,
      });
    } catch {
      throw new ConfigurationError([
        `store: no DataSource${this.options.dataSource === undefined ? '' : ` named '${this.options.dataSource}'`} ` +
          'in the application. Import TypeOrmModule.forRoot({ … }).',
      ]);
    }
  }
}

function engineFor(dataSource: DataSource, timeoutMs: number): SqlEngine {
  const { type } = dataSource.options;
  if (type === 'better-sqlite3') return new SqliteEngine(dataSource, timeoutMs);
  if (type === 'postgres') return new PostgresEngine(dataSource, timeoutMs);
  if (type === 'mysql' || type === 'mariadb') return new MysqlEngine(dataSource, timeoutMs);
  throw new ConfigurationError([
    `store: got a DataSource of type '${type}', wanted 'better-sqlite3', 'postgres', 'mysql' or 'mariadb'.`,
  ]);
}

const reasonOf = (error: unknown): string => {
  const cause = (error as { cause?: unknown } | null)?.cause ?? error;
  const message = (cause as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : 'nothing';
};
