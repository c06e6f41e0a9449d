import {
  CLOCK_READINGS,
  type ServerExecutor,
  type SqlConnection,
  type SqliteConnection,
  type SqliteExecutor,
  type SqliteStatement,
} from '../../store/index.js';

/** The clock of a database, as the store reads it. */
export class SteppedClock {
  /** The time by which the clock is ahead of that of the database. */
  aheadMs = 0;

  /** The statement with the time of this clock. */
  step(sql: string): string {
    return Object.values(CLOCK_READINGS).reduce(
      (text, reading) => text.replaceAll(reading, `(${reading} + ${String(this.aheadMs)})`),
      sql,
    );
  }
}

/**
 * The same executor with a clock that the suite steps. It has no `close`: a restart of the store closes it, and the suite continues with the
 * executor.
 */
export const steppedExecutor = (
  executor: ServerExecutor | SqliteExecutor,
  clock: SteppedClock,
): ServerExecutor | SqliteExecutor =>
  executor.database === 'sqlite' ? steppedFile(executor, clock) : steppedServer(executor, clock);

const steppedServer = (executor: ServerExecutor, clock: SteppedClock): ServerExecutor => {
  const stepped = (connection: SqlConnection): SqlConnection => ({
    query: (sql, params) => connection.query(clock.step(sql), params),
  });
  return {
    database: executor.database,
    placeholders: executor.placeholders,
    canCutOff: executor.canCutOff,
    transaction: (work, limits) => executor.transaction((connection) => work(stepped(connection)), limits),
    connection: (work, limits) => executor.connection((connection) => work(stepped(connection)), limits),
    codeOf: (error) => executor.codeOf(error),
  };
};

const steppedFile = (executor: SqliteExecutor, clock: SteppedClock): SqliteExecutor => ({
  database: 'sqlite',
  ...(executor.sharesConnection !== undefined && { sharesConnection: executor.sharesConnection }),
  open: async () => {
    const connection = await executor.open();
    return {
      get inTransaction() {
        return connection.inTransaction;
      },
      prepare: (sql) => steppedStatement(connection, sql, clock),
      pragma: (source, options) => connection.pragma(source, options),
      close: () => connection.close(),
    };
  },
});

/** The store keeps prepared statements, so that a step of the clock has to prepare them again. */
function steppedStatement(connection: SqliteConnection, sql: string, clock: SteppedClock): SqliteStatement {
  let text = clock.step(sql);
  let statement = connection.prepare(text);
  const current = (): SqliteStatement => {
    const stepped = clock.step(sql);
    if (stepped !== text) {
      text = stepped;
      statement = connection.prepare(text);
    }
    return statement;
  };
  return {
    reader: statement.reader,
    all: (...params) => current().all(...params),
    run: (...params) => current().run(...params),
  };
}
