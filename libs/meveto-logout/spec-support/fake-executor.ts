import { jest } from '@jest/globals';
import type {
  ServerExecutor,
  SqlConnection,
  SqlResult,
  SqlValue,
  WorkLimits,
} from '../src/store/sql/executor.js';
import { MysqlEngine } from '../src/store/sql/mysql-engine.js';
import { PostgresEngine } from '../src/store/sql/postgres-engine.js';
import { run, type Script } from '../src/store/sql/sql.js';

export const TIMEOUT_MS = 40;
/** The clock at the beginning of a transaction on PostgreSQL. */
export const BEGUN_AT = 1_000;
const SETTINGS = /set_config|current_setting|@@|some_name/;

type Answer = (sql: string, params: readonly SqlValue[]) => unknown;
type Work<T> = (connection: SqlConnection) => Promise<T>;

/** An executor without a database. `answer` gives the rows of a statement, or throws. */
class FakeExecutor implements ServerExecutor {
  readonly log: string[] = [];
  readonly limits: WorkLimits[] = [];
  canCutOff = true;
  version = '';
  /** How the library names the columns of results. */
  nameOf = (column: string): string => column;
  answer: Answer = () => [];

  constructor(
    readonly database: 'postgres' | 'mysql',
    readonly placeholders: '?' | '$1',
  ) {}

  async transaction<T>(work: Work<T>, limits: WorkLimits): Promise<T> {
    this.log.push('begin');
    try {
      const value = await this.connection(work, limits);
      this.log.push('commit');
      return value;
    } catch (error) {
      this.log.push('rollback');
      throw new Error('wrapped by the library', { cause: error });
    }
  }

  connection<T>(work: Work<T>, limits: WorkLimits): Promise<T> {
    this.limits.push(limits);
    return work({ query: (sql, params) => this.#query(sql, params) });
  }

  codeOf(error: unknown): string | undefined {
    return (error as { state?: string }).state;
  }

  readonly close = jest.fn(() => Promise.resolve());

  /** The statements but those that set time-outs and read settings. */
  get statements(): readonly string[] {
    return this.log.filter((each) => !SETTINGS.test(each));
  }

  async #query(sql: string, params: readonly SqlValue[]): Promise<SqlResult> {
    this.log.push([sql, ...params.map(String)].join(' | '));
    if (SETTINGS.test(sql))
      return rows([
        {
          isolation: 'read committed',
          version: this.version,
          now_ms: String(BEGUN_AT),
          [this.nameOf('some_name')]: 1,
        },
      ]);
    return rows((await this.answer(sql, params)) as SqlResult['rows']);
  }
}

export const rows = (found: SqlResult['rows']): SqlResult => ({ rows: found, affected: 1 });
export const failure = (state: string): Error =>
  Object.assign(new Error('refused by the database'), { state });

export function* insertTwo(): Script<string> {
  yield* run('INSERT INTO t VALUES (?, ?)', ['a', 1]);
  yield* run('INSERT INTO u VALUES (?)', [2]);
  return 'done';
}
export const onPostgres = () => {
  const executor = new FakeExecutor('postgres', '$1');
  return { executor, engine: new PostgresEngine(executor, TIMEOUT_MS) };
};
export const onMysql = () => {
  const executor = new FakeExecutor('mysql', '?');
  return { executor, engine: new MysqlEngine(executor, TIMEOUT_MS) };
};
