import { CLOCK_READINGS } from './clock-readings.js';
import { postgresRisk } from './durability-risk.js';
import { type Failure, ServerEngine } from './server-engine.js';
import { clockIn, type Dialect, run, type Script, type SqlResult, valuesOf } from './sql.js';

const postgres: Omit<Dialect, 'times'> = {
  nowMs: CLOCK_READINGS.postgres,
  isInProcess: false,
  forUpdate: 'FOR UPDATE',
  forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED',
  exactly: (column) => column,
  isExactly: (column) => `${column} = ?`,
  nullOf: (table, column) => `(NULL::${table}).${column}`,
  insertNew: (into, columns, rowCount) =>
    `INSERT INTO ${into} (${columns.join(', ')}) VALUES ${valuesOf(columns, rowCount)} ON CONFLICT DO NOTHING`,
  // The cast tells drivers that the parameter is a text, which they do not serialise again.
  insertNewFromJson: (into, columns) =>
    `INSERT INTO ${into} (${columns.join(', ')}) SELECT ${columns.join(', ')}
      FROM json_populate_recordset(NULL::${into}, CAST(? AS text)::json) ON CONFLICT DO NOTHING`,
  insertAllNewFromJson: (into, columns, key) =>
    `INSERT INTO ${into} (${columns.join(', ')})
      WITH given AS MATERIALIZED (SELECT ${columns.join(', ')} FROM json_populate_recordset(NULL::${into}, CAST(? AS text)::json))
      SELECT ${columns.join(', ')} FROM given
      WHERE NOT EXISTS (SELECT 1 FROM ${into} known JOIN given ON known.${key} = given.${key}) ON CONFLICT DO NOTHING`,
};

/** Serialization failure and deadlock: the whole transaction was rolled back and may be repeated. */
const TRY_AGAIN = new Set(['40001', '40P01']);
/** SQLSTATE class of data exceptions: a value does not fit its column. */
const DATA_EXCEPTION = '22';

/** The last one releases the locks of a lost connection, which the server may not notice for hours. */
const TIMEOUTS = ['statement_timeout', 'idle_in_transaction_session_timeout'] as const;

const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/**
 * SQLSTATE classes of errors that concern all rows: connection, read-only server, access, syntax and missing tables, resources,
 * shutdown and time-out, system. Every other class may come from a constraint or trigger, which may use codes of its own.
 */
const OUTAGE_CLASSES = new Set([
  '08',
  '0A',
  '25',
  '26',
  '28',
  '3D',
  '3F',
  '42',
  '53',
  '57',
  '58',
  'F0',
  'XX',
]);

/** PostgreSQL. */
export class PostgresEngine extends ServerEngine {
  override readonly dialect: Dialect = { ...postgres, times: this.times };
  protected override readonly durabilityQuery =
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit";
  protected override readonly isolationQuery = "SELECT current_setting('transaction_isolation') AS isolation";
  protected override readonly riskOf = postgresRisk;

  override checkTables(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Limits the transaction on the server as well, with one statement, because drivers that prepare it take one only. Reads the clock
   * with it, which most scripts do first.
   */
  protected override *begin(lockWaitMs: number): Script<SqlResult> {
    const askedAt = performance.now();
    const set = (name: string, ms: number): string =>
      `set_config('${name}', '${String(ms)}', true) AS ${name}`;
    const settings = [set('lock_timeout', lockWaitMs), ...TIMEOUTS.map((name) => set(name, this.timeoutMs))];
    const begun = yield* run(`SELECT ${settings.join(', ')}, ${this.dialect.nowMs} AS now_ms`);
    clockIn(this.dialect, begun.rows[0], askedAt);
    return begun;
  }

  protected override isRowFault(code: string): boolean {
    return SQLSTATE.test(code) && !OUTAGE_CLASSES.has(code.slice(0, 2));
  }

  protected override failureOf(sqlState: string): Failure {
    if (TRY_AGAIN.has(sqlState)) return 'try-again';
    return sqlState.startsWith(DATA_EXCEPTION) ? 'unrepresentable-value' : 'other';
  }
}
