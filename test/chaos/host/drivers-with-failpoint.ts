import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import type { Failpoint } from './failpoint.js';

const STORES_A_JOB = /^\s*INSERT (IGNORE )?INTO\s+\S*meveto_logout_jobs/i;
const CHANGES_A_JOB = /^\s*UPDATE\s+\S*meveto_logout_jobs/i;
const MIGRATES = /^\s*CREATE TABLE (IF NOT EXISTS )?\S*meveto_logout_logouts/i;

/** Reports the statements of a connection to the failpoint. */
class Statements {
  #hasStored = false;
  #hasChanged = false;

  constructor(
    private readonly failpoint: Failpoint,
    /** The methods of ports to which a statement may belong. */
    private readonly methods: () => readonly string[],
  ) {}

  pass(sql: string): void {
    if (MIGRATES.test(sql)) this.failpoint.passNow('boot:migration');
    if (sql.startsWith('BEGIN') || sql.startsWith('START')) this.#hasStored = this.#hasChanged = false;
    if (CHANGES_A_JOB.test(sql)) {
      for (const method of this.methods()) this.failpoint.passNow(`${method}:end`);
      this.#hasChanged = true;
    }
    if (STORES_A_JOB.test(sql)) this.#hasStored = true;
    if (sql === 'COMMIT') this.#commit();
  }

  #commit(): void {
    for (const method of this.methods()) {
      const hasWritten = method.startsWith('receive') ? this.#hasStored : this.#hasChanged;
      if (hasWritten) this.failpoint.passNow(`${method}:commit`);
    }
  }
}

interface RawStatement {
  run(...params: unknown[]): unknown;
  all(...params: unknown[]): unknown;
}
const Sqlite = BetterSqlite3 as unknown as new (
  file: string,
  options?: object,
) => { prepare(sql: string): RawStatement; exec(sql: string): unknown };

/**
 * better-sqlite3 for TypeORM's option `driver`. Transactions share commits: a commit belongs to all methods in
 * progress.
 */
export function sqliteWithFailpoint(failpoint: Failpoint): unknown {
  return class extends Sqlite {
    readonly #statements = new Statements(failpoint, () => failpoint.inProgress());

    override prepare(sql: string): RawStatement {
      const statement = super.prepare(sql);
      for (const method of ['run', 'all'] as const) {
        const original = statement[method].bind(statement);
        statement[method] = (...params: unknown[]) => {
          this.#statements.pass(sql);
          return original(...params);
        };
      }
      return statement;
    }

    override exec(sql: string): unknown {
      this.#statements.pass(sql);
      return super.exec(sql);
    }
  };
}

/** The same for pg: one method per connection. */
export function postgresWithFailpoint(failpoint: Failpoint): unknown {
  class Client extends pg.Client {
    readonly #statements = new Statements(failpoint, () => failpoint.ownMethod());

    override query(...given: unknown[]): never {
      const [first] = given;
      const sql = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
      if (sql !== undefined) this.#statements.pass(sql);
      return (super.query as (...all: unknown[]) => never)(...given);
    }
  }
  class Pool extends pg.Pool {
    constructor(config: pg.PoolConfig) {
      super({ ...config, Client });
    }
  }
  return { ...pg, Client, Pool };
}
