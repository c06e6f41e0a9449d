import { ConfigurationError } from '../../core/index.js';
import { storeEvents } from '../events.js';
import type { Store, StoreContext } from '../store.port.js';
import { checkAffected } from './check-affected.js';
import { checkBackslash } from './check-backslash.js';
import { checkHostTables } from './check-host-tables.js';
import type { DatabaseKind } from './database-kind.js';
import type { HostTables } from './host-tables.js';
import { Inbox } from './inbox.js';
import { keepKey, keptKey } from './kept-key.js';
import { learnLatestTime } from './latest-time.js';
import { looseCollationWarnings } from './loose-collation.js';
import { LogoutStore } from './logout-store.js';
import { ReconcileLease } from './reconcile-lease.js';
import type { SqlEngine } from './sql.js';
import type { Tables } from './tables.js';

/** The database of a store, and the tables in it. */
export interface SqlSource {
  readonly database: DatabaseKind;
  /** How the statements reach the database, such as `through TypeORM`. */
  readonly way: string;
  /** Makes the engine that runs the statements. */
  readonly engine: (timeoutMs: number) => SqlEngine;
  readonly tables: Tables;
  /** The unquoted name of the table of logouts, after that of its schema if given. */
  readonly logoutRowsNameParts: readonly string[];
  readonly hostTables: HostTables;
  /** How to create the module's tables, for a message. */
  readonly creation: string;
}

interface Parts {
  readonly label: string;
  readonly engine: SqlEngine;
  readonly keys: string;
  readonly inbox: Inbox;
  readonly logoutStore: LogoutStore;
  readonly lease: ReconcileLease;
}

const NAMES: Readonly<Record<DatabaseKind, string>> = {
  sqlite: 'SQLite',
  postgres: 'PostgreSQL',
  mysql: 'MariaDB or MySQL',
};

/** A store in the application's database. */
export class SqlStore implements Store {
  #parts: Parts | undefined;

  constructor(
    /** Called when the store connects, because the application's connection may be ready only then. */
    private readonly source: () => SqlSource,
    private readonly context: StoreContext,
  ) {}

  get label(): string {
    return this.#connected().label;
  }

  get inbox(): Inbox {
    return this.#connected().inbox;
  }

  get logoutStore(): LogoutStore {
    return this.#connected().logoutStore;
  }

  get lease(): ReconcileLease {
    return this.#connected().lease;
  }

  async namingKey(fresh: Uint8Array): Promise<Uint8Array> {
    const { engine, keys } = this.#connected();
    const kept = await engine.read('read a key', () => keptKey(keys));
    return kept ?? engine.transaction('store a key', () => keepKey(engine.dialect, keys, fresh));
  }

  async connect(): Promise<void> {
    if (this.#parts !== undefined) return;
    const source = this.source();
    const engine = source.engine(this.context.storeTimeoutMs);
    if (this.context.events !== undefined) engine.events = this.context.events;
    try {
      await engine.connect();
      for (const warning of await this.#check(engine, source))
        engine.events.emit(storeEvents.MEVETO_STORE_CHECK, { warning });
      this.#parts = this.#partsOf(engine, source);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#parts?.engine.close();
  }

  /** Checks all tables and continues from their times. Returns warnings. */
  async #check(engine: SqlEngine, source: SqlSource): Promise<readonly string[]> {
    const { database, tables, hostTables, creation } = source;
    const { users, accessTokens } = hostTables;
    if (database === 'mysql') await checkBackslash(engine);
    const ownTables = [tables.jobs, tables.logoutRows, tables.leases, tables.senders, tables.keys];
    await engine.checkTables([...ownTables, users.path, ...(accessTokens ? [accessTokens.path] : [])]);
    const warnings = await checkHostTables(database, engine, hostTables);
    try {
      await new Inbox(engine, tables).summary();
      await engine.read('read a key', () => keptKey(tables.keys), true);
    } catch (error) {
      throw error instanceof ConfigurationError ? error : unreadable(creation, error);
    }
    if (database !== 'sqlite') await checkAffected(engine, tables.leases);
    await engine.read('read the latest time', () => learnLatestTime(engine.dialect, tables), true);
    return [...warnings, ...(await looseCollationWarnings(database, engine, source.logoutRowsNameParts))];
  }

  #partsOf(engine: SqlEngine, { database, way, tables, hostTables }: SqlSource): Parts {
    return {
      label: `${NAMES[database]} ${way}`,
      engine,
      keys: tables.keys,
      inbox: new Inbox(engine, tables),
      logoutStore: new LogoutStore(
        engine,
        tables,
        hostTables.users,
        hostTables.accessTokens,
        this.context.digestSubject,
        this.context.earlierDigestsOfSubject,
      ),
      lease: new ReconcileLease(engine, tables.leases),
    };
  }

  #connected(): Parts {
    if (this.#parts === undefined)
      throw new Error('The store is used before the application was initialised.');
    return this.#parts;
  }
}

const unreadable = (creation: string, error: unknown): ConfigurationError =>
  new ConfigurationError([
    `store: the module’s tables cannot be read. ${creation} The database says: ${reasonOf(error)}`,
  ]);

/** The message of the innermost error, because libraries wrap the driver's error. */
function reasonOf(error: unknown): string {
  let innermost = error as { cause?: unknown; message?: unknown } | null | undefined;
  while (isErrorLike(innermost?.cause)) innermost = innermost.cause;
  return typeof innermost?.message === 'string' ? innermost.message : 'nothing';
}

/** Errors of drivers may come from another realm, where `instanceof Error` is false. */
const isErrorLike = (value: unknown): value is { cause?: unknown; message: string } =>
  typeof (value as { message?: unknown } | null | undefined)?.message === 'string';
