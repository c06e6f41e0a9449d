import type { DataSource, QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors.js';
import { mysqlRisk } from './durability-risk.js';
import { type Failure, PooledEngine } from './pooled-engine.js';
import { type Dialect, rowsOf, type Script, type SqlResult, valuesOf } from './sql.js';

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
  #forUpdate = mysql.forUpdate;
  override readonly dialect: Dialect;

  protected override readonly durabilityQuery =
    'SELECT @@innodb_flush_log_at_trx_commit AS flush, VERSION() AS version';

  protected override readonly riskOf = mysqlRisk;

  constructor(dataSource: DataSource, timeoutMs: number) {
    super(dataSource, timeoutMs);
    const forUpdate = () => this.#forUpdate;
    this.dialect = {
      ...mysql,
      get forUpdate() {
        return forUpdate();
      },
    };
  }

  /**
   * A server goes on waiting for a lock (50 s) after its client has left: with every new try one more connection would. MariaDB can be
   * told for a statement how long to wait; MySQL for a session only, and those are the application's.
   */
  protected override learn({ version }: Readonly<Record<string, unknown>>): void {
    if (!String(version).includes('MariaDB')) return;
    this.#forUpdate = `FOR UPDATE WAIT ${String(Math.ceil(this.timeoutMs / 1_000))}`;
  }

  /** Each by itself: they may lie in several schemas. */
  override async checkTables(tables: readonly string[]): Promise<void> {
    const faults: string[] = [];
    for (const table of tables) {
      const path = table.split('.').map((part) => part.replaceAll('`', ''));
      const [found] = await this.read('look at a table', () => engineOf(path), true);
      if (found !== undefined)
        faults.push(
          `store: the table ${table} uses the engine ${String(found['engine_name'])}, which knows no transactions: a logout could ` +
            `be half written. Change it: ALTER TABLE ${table} ENGINE = InnoDB.`,
        );
    }
    if (faults.length > 0) throw new ConfigurationError(faults);
  }

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

/** The engine of a table if it has no transactions. */
function* engineOf(path: readonly string[]): Script<SqlResult['rows']> {
  const [schema, name] = path.length > 1 ? path.slice(-2) : [undefined, path[0]];
  return yield* rowsOf(
    `SELECT tables.engine AS engine_name FROM information_schema.tables AS tables
      JOIN information_schema.engines AS engines ON engines.engine = tables.engine
      WHERE tables.table_schema = COALESCE(?, DATABASE()) AND tables.table_name = ? AND engines.transactions <> 'YES'`,
    [schema ?? null, name ?? ''],
  );
}
