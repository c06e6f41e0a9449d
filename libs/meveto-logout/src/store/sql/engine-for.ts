import type { ServerExecutor, SqliteExecutor } from './executor.js';
import { MysqlEngine } from './mysql-engine.js';
import { PostgresEngine } from './postgres-engine.js';
import type { SqlEngine } from './sql.js';
import { SqliteEngine } from './sqlite-engine.js';

export function engineFor(executor: ServerExecutor | SqliteExecutor, timeoutMs: number): SqlEngine {
  if (executor.database === 'sqlite') return new SqliteEngine(executor, timeoutMs);
  return executor.database === 'postgres'
    ? new PostgresEngine(executor, timeoutMs)
    : new MysqlEngine(executor, timeoutMs);
}
