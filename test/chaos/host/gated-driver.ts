import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import type { Gate } from './gate.js';

const ENDS_A_CALL = /^\s*UPDATE\s+\S*meveto_logout_calls/i;
const MIGRATES = /^\s*CREATE TABLE\s+\S*meveto_logout_marks/i;
const WRITES = /^\s*(INSERT|UPDATE|DELETE)/i;

/** Called before a statement goes to the database. */
function passStatement(gate: Gate, sql: string): void {
  if (MIGRATES.test(sql)) gate.passNow('boot:migration');
  const operation = gate.operations.getStore();
  if (operation === undefined) return;
  if (ENDS_A_CALL.test(sql)) gate.passNow(`${operation.name}:end`);
  if (WRITES.test(sql)) operation.hasWritten = true;
  if (sql === 'COMMIT' && operation.hasWritten) gate.passNow(`${operation.name}:commit`);
}

interface RawStatement {
  run(...params: unknown[]): unknown;
  all(...params: unknown[]): unknown;
}
const Sqlite = BetterSqlite3 as unknown as new (
  file: string,
  options?: object,
) => { prepare(sql: string): RawStatement; exec(sql: string): unknown };

/** better-sqlite3 as TypeORM's option `driver` takes it. */
export function gatedSqlite(gate: Gate): unknown {
  return class extends Sqlite {
    override prepare(sql: string): RawStatement {
      const statement = super.prepare(sql);
      for (const method of ['run', 'all'] as const) {
        const original = statement[method].bind(statement);
        statement[method] = (...params: unknown[]) => {
          passStatement(gate, sql);
          return original(...params);
        };
      }
      return statement;
    }

    override exec(sql: string): unknown {
      passStatement(gate, sql);
      return super.exec(sql);
    }
  };
}

/** The same for pg. */
export function gatedPostgres(gate: Gate): unknown {
  class Client extends pg.Client {
    override query(...given: unknown[]): never {
      const [first] = given;
      const sql = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
      if (sql !== undefined) passStatement(gate, sql);
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
