import type { Database } from 'better-sqlite3';
import { ConfigurationError } from '../../core/index.js';
import { UnknownUserError } from '../errors.js';
import { hostTablesByName } from '../sql/named-tables.js';
import { type SqlSource, SqlStore } from '../sql/sql-store.js';
import { ownTableNames, ownTables } from '../sql/table-names.js';
import type { Store, StoreContext, StoreDefinition } from '../store.port.js';
import { HOST_TABLES, openMemoryDatabase } from './memory-database.js';
import { MemoryEngine } from './memory-engine.js';

/** A user in a memory store. */
export interface MemoryUser {
  /** Kept as text: 7 and '7' are the same user. */
  readonly id: string | number;
  /** Belongs to one user. Null or absent for a user that is not linked with Meveto. */
  readonly mevetoId?: string | null;
  /** Epoch milliseconds. */
  readonly lastLoggedIn?: number | null;
  /** Epoch milliseconds. */
  readonly lastLoggedOut?: number | null;
}

/** A stored access token of a user. */
export interface MemoryToken {
  readonly id: string;
  readonly userId: string | number;
  /** When the token's session began, epoch milliseconds. A logout revokes tokens without this time, too. */
  readonly issuedAt?: number | null;
}

export interface MemoryStoreOptions {
  /**
   * The users at the start.
   * @defaultValue none
   */
  readonly users?: readonly MemoryUser[];
  /**
   * The clock of the store, epoch milliseconds.
   * @defaultValue the clock of the machine, by `Date.now()`
   */
  readonly clock?: { now(): number };
}

/**
 * A store in the memory of this process, for tests and experiments, with a table of users and one of access tokens. The end of the
 * process loses all data, acknowledged jobs included.
 *
 * Runs the statements of every store on SQLite, and needs the package better-sqlite3.
 *
 * Applications that are given the same memory store share its data, as replicas share a database. The data stays when an application
 * closes, so that a test can start another one. Make a new memory store for each test that expects an empty one.
 */
export const memoryStore = (options: MemoryStoreOptions = {}): MemoryStore => new MemoryStore(options);

/** What `memoryStore()` returns: the option `store`, and the rows of an application. */
export class MemoryStore implements StoreDefinition {
  #opened: Promise<Database> | undefined;

  constructor(private readonly options: MemoryStoreOptions) {}

  readonly create = (context: StoreContext): Store => new SqlStore(() => this.#source(), context);

  /** Adds a user, or replaces the user with the same id. */
  async setUser(user: MemoryUser): Promise<void> {
    setUser(await this.#open(), user);
  }

  /** Finds a user. The times are those that the module has written. */
  async user(userId: string | number): Promise<MemoryUser | undefined> {
    const find = (await this.#open()).prepare<[string], MemoryUser>(
      'SELECT id, meveto_id AS mevetoId, last_logged_in AS lastLoggedIn, last_logged_out AS lastLoggedOut FROM users WHERE id = ?',
    );
    return find.get(String(userId));
  }

  /**
   * Links a user with a Meveto ID, as the application does when a user logs in with Meveto for the first time.
   * @throws {UnknownUserError} when there is no such user
   */
  async link(userId: string | number, mevetoId: string | null): Promise<void> {
    const change = (await this.#open()).prepare('UPDATE users SET meveto_id = ? WHERE id = ?');
    if (change.run(mevetoId, String(userId)).changes === 0) throw new UnknownUserError();
  }

  /**
   * Removes the Meveto ID of a user.
   * @throws {UnknownUserError} when there is no such user
   */
  unlink(userId: string | number): Promise<void> {
    return this.link(userId, null);
  }

  /** Stores an access token, as the application does at a login. */
  async addToken({ id, userId, issuedAt = null }: MemoryToken): Promise<void> {
    const insert = (await this.#open()).prepare(
      'INSERT INTO access_tokens (id, user_id, issued_at) VALUES (?, ?, ?)',
    );
    insert.run(id, String(userId), issuedAt);
  }

  /** The ids of a user's access tokens that no logout has revoked, sorted. */
  async tokens(userId: string | number): Promise<string[]> {
    const find = (await this.#open()).prepare<[string], string>(
      'SELECT id FROM access_tokens WHERE user_id = ? ORDER BY id',
    );
    return find.pluck().all(String(userId));
  }

  #source(): SqlSource {
    return {
      database: 'sqlite',
      way: 'in memory',
      engine: (timeoutMs) => new MemoryEngine(() => this.#open(), timeoutMs),
      tables: ownTables('sqlite', {}),
      logoutRowsNameParts: [ownTableNames('sqlite', {}).logouts],
      hostTables: hostTablesByName('sqlite', HOST_TABLES),
      creation: 'The memory store creates them.',
    };
  }

  #open(): Promise<Database> {
    return (this.#opened ??= this.#create());
  }

  async #create(): Promise<Database> {
    const { users = [], clock } = this.options;
    const database = await openMemoryDatabase(() => (clock === undefined ? Date.now() : clock.now()));
    try {
      for (const user of users) setUser(database, user);
    } catch (error) {
      throw new ConfigurationError([
        `store.users: ${String(error)}. Each user needs an id and a Meveto ID of its own.`,
      ]);
    }
    return database;
  }
}

function setUser(database: Database, user: MemoryUser): void {
  const { id, mevetoId = null, lastLoggedIn = null, lastLoggedOut = null } = user;
  database
    .prepare(
      `INSERT INTO users (id, meveto_id, last_logged_in, last_logged_out) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET meveto_id = excluded.meveto_id, last_logged_in = excluded.last_logged_in,
         last_logged_out = excluded.last_logged_out`,
    )
    .run(String(id), mevetoId, lastLoggedIn, lastLoggedOut);
}
