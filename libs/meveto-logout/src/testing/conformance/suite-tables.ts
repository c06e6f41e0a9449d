import { randomBytes } from 'node:crypto';
import { type DatabaseKind, type NamedTables, schemaSteps, type TableNames } from '../../store/index.js';

/** The tables of one run of the suite. Their names are new, so that runs share a database with each other and with an application. */
export class SuiteTables {
  readonly #prefix = `suite_${randomBytes(4).toString('hex')}_`;
  readonly users = `${this.#prefix}users`;
  readonly accessTokens = `${this.#prefix}access_tokens`;
  readonly own = {
    jobs: `${this.#prefix}jobs`,
    logouts: `${this.#prefix}logouts`,
    leases: `${this.#prefix}leases`,
    senders: `${this.#prefix}senders`,
    keys: `${this.#prefix}keys`,
  };
  readonly all = [this.users, this.accessTokens, ...Object.values(this.own)];

  /** The columns with instants, by table. The table of keys has none. */
  readonly instants: Readonly<Record<string, readonly string[]>> = {
    [this.own.jobs]: ['received_at', 'occurred_at', 'due_at', 'finished_at', 'listed_at'],
    [this.own.logouts]: ['logged_out_at', 'committed_at'],
    [this.own.senders]: ['confirmed_at'],
    [this.own.leases]: ['leased_until'],
    [this.users]: ['last_logged_in', 'last_logged_out'],
    [this.accessTokens]: ['signed_in_at', 'revoked_at'],
  };

  /** The option `tables` of the store. */
  get names(): TableNames {
    return { tables: this.own };
  }

  /** The option `hostTables` of the store. */
  get hostTables(): NamedTables {
    return {
      users: {
        table: this.users,
        id: 'id',
        mevetoId: 'meveto_id',
        lastLoggedIn: 'last_logged_in',
        lastLoggedOut: 'last_logged_out',
      },
      accessTokens: {
        table: this.accessTokens,
        userId: 'user_id',
        issuedAt: 'signed_in_at',
        revokedAt: 'revoked_at',
      },
    };
  }

  /** The statements that create the tables. */
  creation(database: DatabaseKind): readonly string[] {
    const text =
      database === 'mysql' ? 'varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin' : 'varchar(191)';
    const instants = (table: string) => (this.instants[table] ?? []).map((name) => `${name} bigint NULL`);
    const create = (table: string, columns: readonly string[]) =>
      `CREATE TABLE ${table} (${[...columns, ...instants(table)].join(', ')})${database === 'mysql' ? ' ENGINE=InnoDB' : ''}`;
    return [
      ...schemaSteps(database, this.names).flatMap(({ statements }) => statements),
      create(this.users, ['id integer NOT NULL PRIMARY KEY', `meveto_id ${text} NULL UNIQUE`]),
      create(this.accessTokens, [`id ${text} NOT NULL PRIMARY KEY`, 'user_id integer NOT NULL']),
      `CREATE INDEX ${this.accessTokens}_user ON ${this.accessTokens} (user_id)`,
    ];
  }
}
