import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import type { Gate } from './gate.js';

const STORES_A_CALL = /^\s*INSERT (IGNORE )?INTO\s+\S*meveto_logout_calls/i;
const CHANGES_A_CALL = /^\s*UPDATE\s+\S*meveto_logout_calls/i;
const MIGRATES = /^\s*CREATE TABLE\s+\S*meveto_logout_marks/i;

/** Tells the gate what a connection is about to do. */
class Statements {
  #hasStored = false;
  #hasChanged = false;

  constructor(
    private readonly gate: Gate,
    /** The ports' methods that a statement may belong to. */
    private readonly methods: () => readonly string[],
  ) {}

  pass(sql: string): void {
    if (MIGRATES.test(sql)) this.gate.passNow('boot:migration');
    if (sql.startsWith('BEGIN') || sql.startsWith('START')) this.#hasStored = this.#hasChanged = false;
    if (CHANGES_A_CALL.test(sql)) {
      for (const method of this.methods()) this.gate.passNow(`${method}:end`);
      this.#hasChanged = true;
    }
    if (STORES_A_CALL.test(sql)) this.#hasStored = true;
    if (sql === 'COMMIT') this.#commit();
  }

  #commit(): void {
    for (const method of this.methods()) {
      const hasWritten = method.startsWith('receive') ? this.#hasStored : this.#hasChanged;
      if (hasWritten) this.gate.passNow(`${method}:commit`);
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

/** better-sqlite3 as TypeORM's option `driver` takes it. Transactions share commits: they belong to all that is on its way. */
export function gatedSqlite(gate: Gate): unknown {
  return class extends Sqlite {
    readonly #statements = new Statements(gate, () => gate.onTheirWay());

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

/** The same for pg: one method for each connection. */
export function gatedPostgres(gate: Gate): unknown {
  class Client extends pg.Client {
    readonly #statements = new Statements(gate, () => gate.ownMethod());

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
