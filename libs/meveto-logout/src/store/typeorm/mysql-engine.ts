import type { QueryRunner } from 'typeorm';
import { mysqlRisk } from './durability-risk.js';
import { type Failure, PooledEngine } from './pooled-engine.js';
import { type Dialect, valuesOf } from './sql.js';

const mysql: Dialect = {
  // UTC: the local time of a session would go back an hour at the end of summer time.
  nowMs: "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000",
  forUpdate: 'FOR UPDATE',
  forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED',
  insertNew: (into, columns, rowCount) =>
    `INSERT IGNORE INTO ${into} (${columns.join(', ')}) VALUES ${valuesOf(columns, rowCount)}`,
};

const UNFIT = new Set([
  'ER_TRUNCATED_WRONG_VALUE',
  'ER_WARN_DATA_OUT_OF_RANGE',
  'ER_CANT_AGGREGATE_2COLLATIONS',
]);

/** MariaDB 10.6 and newer, MySQL 8.0 and newer: both know SKIP LOCKED. */
export class MysqlEngine extends PooledEngine {
  override readonly dialect = mysql;

  protected override readonly durabilityQuery = 'SELECT @@innodb_flush_log_at_trx_commit AS flush';

  protected override readonly riskOf = mysqlRisk;

  protected override begin(runner: QueryRunner): Promise<void> {
    return runner.startTransaction('READ COMMITTED');
  }

  protected override isUnanswered(error: unknown): boolean {
    return (error as { code?: unknown } | null)?.code === 'PROTOCOL_SEQUENCE_TIMEOUT';
  }

  protected override destroy(connection: unknown): void {
    (connection as { destroy(): void }).destroy();
  }

  protected override failureOf(code: string): Failure {
    if (code === 'ER_LOCK_DEADLOCK') return 'try-again';
    return UNFIT.has(code) ? 'unfit-value' : 'other';
  }
}
