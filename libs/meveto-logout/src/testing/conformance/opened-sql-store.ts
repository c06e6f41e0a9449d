import {
  type ServerExecutor,
  type SqliteExecutor,
  sqlStore,
  type Store,
  type StoreContext,
} from '../../store/index.js';
import { inOrder, type OpenedSqlRows, type Row } from './opened-sql-rows.js';
import { SteppedClock, steppedExecutor } from './stepped-executor.js';
import { type SuiteConnection, suiteConnection } from './suite-connection.js';
import { SuiteTables } from './suite-tables.js';

/** An executor that the suite tests. */
export interface OpenedExecutor {
  readonly executor: ServerExecutor | SqliteExecutor;
  /** Closes what `open` opened: the pool, or the application's connection. A promise is awaited. */
  readonly close: () => unknown;
}

const CONTEXT: StoreContext = {
  // Only stores that look up a provider of the application use it.
  moduleRef: {} as StoreContext['moduleRef'],
  storeTimeoutMs: 2_500,
  digestSubject: (mevetoId) => `subject-${encodeURIComponent(mevetoId)}`,
  earlierDigestsOfSubject: (mevetoId) => ['none', `earlier-${encodeURIComponent(mevetoId)}`],
};

/** A store on an executor, with tables that exist until it is closed. */
export class OpenedSqlStore implements OpenedSqlRows {
  readonly #tables = new SuiteTables();
  readonly #clock = new SteppedClock();
  #store: Store | undefined;

  private constructor(
    private readonly opened: OpenedExecutor,
    private readonly sql: SuiteConnection,
  ) {}

  static async open(opened: OpenedExecutor): Promise<OpenedSqlStore> {
    const store = new OpenedSqlStore(opened, await suiteConnection(opened.executor));
    try {
      await store.#create();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async #create(): Promise<void> {
    for (const statement of this.#tables.creation(this.opened.executor.database))
      await this.sql.write(statement);
    this.#store = await this.#connect();
  }

  async #connect(): Promise<Store> {
    const store = sqlStore({
      executor: steppedExecutor(this.opened.executor, this.#clock),
      hostTables: this.#tables.hostTables,
      tables: this.#tables.names,
    }).create(CONTEXT);
    await store.connect();
    return store;
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error('The store is closed.');
    return this.#store;
  }

  get executor(): ServerExecutor | SqliteExecutor {
    return this.opened.executor;
  }

  get usersTable(): string {
    return this.#tables.users;
  }

  addUser(id: number, mevetoId: string): Promise<void> {
    return this.sql.write(`INSERT INTO ${this.#tables.users} (id, meveto_id) VALUES (?, ?)`, [id, mevetoId]);
  }

  link(userId: number, mevetoId: string | null): Promise<void> {
    return this.sql.write(`UPDATE ${this.#tables.users} SET meveto_id = ? WHERE id = ?`, [mevetoId, userId]);
  }

  async mevetoIdOf(userId: number): Promise<string | null> {
    const users = await this.sql.read(`SELECT meveto_id FROM ${this.#tables.users} WHERE id = ?`, [userId]);
    const mevetoId = users[0]?.['meveto_id'];
    return typeof mevetoId === 'string' ? mevetoId : null;
  }

  addToken(id: string, userId: number, issuedAt: number | null): Promise<void> {
    const insert = `INSERT INTO ${this.#tables.accessTokens} (id, user_id, signed_in_at) VALUES (?, ?, ?)`;
    return this.sql.write(insert, [id, userId, issuedAt]);
  }

  async liveTokens(): Promise<string[]> {
    const live = `SELECT id FROM ${this.#tables.accessTokens} WHERE revoked_at IS NULL`;
    return (await this.sql.read(live)).map(({ id }) => String(id)).sort();
  }

  async passTime(ms: number): Promise<void> {
    // Makes the rows older, because the database has its own clock.
    for (const [table, columns] of Object.entries(this.#tables.instants)) {
      const older = columns.map((column) => `${column} = ${column} - ${String(ms)}`);
      await this.sql.write(`UPDATE ${table} SET ${older.join(', ')}`);
    }
  }

  async rows(table: Parameters<OpenedSqlRows['rows']>[0], condition: string): Promise<readonly Row[]> {
    const { users, accessTokens, own } = this.#tables;
    const name = { ...own, users, accessTokens }[table];
    return inOrder(await this.sql.read(`SELECT * FROM ${name} WHERE ${condition}`));
  }

  stepClock(ms: number): void {
    this.#clock.aheadMs += ms;
  }

  async restart(): Promise<void> {
    await this.store.close();
    this.#store = await this.#connect();
  }

  async clear(): Promise<void> {
    this.#clock.aheadMs = 0;
    for (const table of Object.keys(this.#tables.instants)) await this.sql.write(`DELETE FROM ${table}`);
  }

  async close(): Promise<void> {
    const { executor, close } = this.opened;
    await this.#store?.close();
    this.#store = undefined;
    try {
      for (const table of this.#tables.all) await this.sql.write(`DROP TABLE IF EXISTS ${table}`);
    } finally {
      this.sql.close();
      if (executor.database !== 'sqlite') await executor.close?.();
      await close();
    }
  }
}
