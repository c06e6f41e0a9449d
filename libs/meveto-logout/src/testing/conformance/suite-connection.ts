import type {
  ServerExecutor,
  SqlConnection,
  SqliteConnection,
  SqliteExecutor,
  SqlValue,
} from '../../store/index.js';

type Row = Readonly<Record<string, unknown>>;

/** Statements of the suite itself, by the executor under test. `?` stands for a parameter. */
export interface SuiteConnection {
  /** Runs INSERT, UPDATE, DELETE or a change of the schema. */
  write(sql: string, params?: readonly SqlValue[]): Promise<void>;
  read(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]>;
  close(): void;
}

export const suiteConnection = async (executor: ServerExecutor | SqliteExecutor): Promise<SuiteConnection> =>
  executor.database === 'sqlite'
    ? onFile(await executor.open(), executor.sharesConnection === true)
    : onServer(executor);

const onFile = (connection: SqliteConnection, isShared: boolean): SuiteConnection => ({
  write: (sql, params = []) => Promise.resolve(void connection.prepare(sql).run(...params)),
  read: (sql, params = []) => Promise.resolve(connection.prepare(sql).all(...params) as Row[]),
  close: () => {
    if (!isShared) connection.close();
  },
});

const LIMITS = { timeoutMs: 10_000, signal: new AbortController().signal };

function onServer(executor: ServerExecutor): SuiteConnection {
  const query = (connection: SqlConnection, sql: string, params: readonly SqlValue[]) => {
    let position = 0;
    const numbered = () => `$${String((position += 1))}`;
    return connection.query(executor.placeholders === '?' ? sql : sql.replaceAll('?', numbered), params);
  };
  return {
    write: async (sql, params = []) => {
      await executor.transaction((connection) => query(connection, sql, params), LIMITS);
    },
    read: async (sql, params = []) =>
      (await executor.connection((connection) => query(connection, sql, params), LIMITS)).rows,
    close: () => undefined,
  };
}
