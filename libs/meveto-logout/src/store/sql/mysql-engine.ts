import { ConfigurationError } from '../../core/index.js';
import { CLOCK_READINGS } from './clock-readings.js';
import { mysqlRisk } from './durability-risk.js';
import type { ServerExecutor } from './executor.js';
import { type Failure, ServerEngine } from './server-engine.js';
import { type Dialect, rowsOf, type Script, type SqlResult, valuesOf } from './sql.js';

const mysql: Omit<Dialect, 'times'> = {
  nowMs: CLOCK_READINGS.mysql,
  isInProcess: false,
  forUpdate: 'FOR UPDATE',
  forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED',
  // Collations ignore trailing spaces; some also ignore case.
  exactly: (column) => `CAST(${column} AS BINARY)`,
  // The column may have another character set.
  isExactly: (column) =>
    `CAST(CONVERT(${column} USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY)`,
  insertNew: (into, columns, rowCount) =>
    `INSERT IGNORE INTO ${into} (${columns.join(', ')}) VALUES ${valuesOf(columns, rowCount)}`,
};

const UNREPRESENTABLE = new Set([
  'ER_TRUNCATED_WRONG_VALUE',
  'ER_WARN_DATA_OUT_OF_RANGE',
  'ER_CANT_AGGREGATE_2COLLATIONS',
]);

/**
 * Errors that concern all rows, although the server has answered: access, missing tables, read-only server, resources, shutdown. Every
 * other error of the server may come from a constraint or trigger; the driver has no right names for many of MariaDB's.
 */
const OUTAGES =
  /ACCESS_DENIED|NO_SUCH_|UNKNOWN|BAD_(DB|FIELD|HOST|TABLE)|PREVENTS_STATEMENT|READ_ONLY|CON_COUNT|TOO_MANY|LIMIT_REACHED|FULL|OUT_?OF_?(SORT)?(MEM|RES)|SHUTDOWN|ABORTING|KILLED|INTERRUPTED|^ER_(GET_ERRNO|ERROR_ON_|NET_|PARSE_|SYNTAX_)/;

/** MariaDB 10.6 or later and MySQL 8.0 or later, which support SKIP LOCKED. */
export class MysqlEngine extends ServerEngine {
  #forUpdate = mysql.forUpdate;
  #isMariaDb = false;
  override readonly dialect: Dialect;

  protected override readonly durabilityQuery =
    'SELECT @@innodb_flush_log_at_trx_commit AS flush, VERSION() AS version';

  protected override readonly riskOf = mysqlRisk;

  constructor(executor: ServerExecutor, timeoutMs: number) {
    super(executor, timeoutMs);
    const forUpdate = () => this.#forUpdate;
    this.dialect = {
      ...mysql,
      times: this.times,
      get forUpdate() {
        return forUpdate();
      },
    };
  }

  /**
   * Limits the wait for a lock on MariaDB. A server keeps waiting (50 s) after its client has given up, so every retry would occupy
   * one more connection. MariaDB has a limit for a statement; MySQL only for a session, and the sessions belong to the application.
   */
  protected override learn({ version }: Readonly<Record<string, unknown>>): void {
    this.#isMariaDb = String(version).includes('MariaDB');
    if (this.#isMariaDb) this.#forUpdate = `FOR UPDATE WAIT ${String(Math.ceil(this.timeoutMs / 1_000))}`;
  }

  /** Checks each table separately, because the tables may be in several schemas. */
  override async checkTables(tables: readonly string[]): Promise<void> {
    const faults: string[] = [];
    for (const table of tables) {
      const path = table.split('.').map((part) => part.replaceAll('`', ''));
      const [found] = await this.read('read a table definition', () => engineOf(path), true);
      if (found !== undefined)
        faults.push(
          `store: the table ${table} uses the engine ${String(found['engine_name'])}, which has no transactions: a logout could ` +
            `be written in part. Change it: ALTER TABLE ${table} ENGINE = InnoDB.`,
        );
    }
    if (faults.length > 0) throw new ConfigurationError(faults);
  }

  /** Limits the wait on MariaDB, in whole seconds. MySQL has no limit for a statement: there a locked row fails its batch. */
  protected override limited(sql: string, lockWaitMs: number): string {
    if (!this.#isMariaDb) return sql;
    const seconds = String(Math.max(1, Math.round(lockWaitMs / 1_000)));
    if (sql.startsWith('SELECT')) return sql.replace(this.#forUpdate, `FOR UPDATE WAIT ${seconds}`);
    return `SET STATEMENT innodb_lock_wait_timeout=${seconds} FOR ${sql}`;
  }

  protected override isRowFault(code: string): boolean {
    return code.startsWith('ER_') && !OUTAGES.test(code);
  }

  protected override failureOf(code: string): Failure {
    if (code === 'ER_LOCK_DEADLOCK') return 'try-again';
    return UNREPRESENTABLE.has(code) ? 'unrepresentable-value' : 'other';
  }
}

/** The engine of a table if the engine has no transactions. */
function* engineOf(path: readonly string[]): Script<SqlResult['rows']> {
  const [schema, name] = path.length > 1 ? path.slice(-2) : [undefined, path[0]];
  return yield* rowsOf(
    `SELECT tables.engine AS engine_name FROM information_schema.tables AS tables
      JOIN information_schema.engines AS engines ON engines.engine = tables.engine
      WHERE tables.table_schema = COALESCE(?, DATABASE()) AND tables.table_name = ? AND engines.transactions <> 'YES'`,
    [schema ?? null, name ?? ''],
  );
}
