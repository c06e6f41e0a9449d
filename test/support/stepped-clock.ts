import type { Database } from 'better-sqlite3';
import type { DataSource, QueryRunner } from 'typeorm';
import { CLOCK_READINGS } from '../../libs/meveto-logout/src/store/sql/clock-readings.js';

/** Moves the clock of a database, as its store reads it, ahead or back. */
export class SteppedClock {
  /** Time by which the clock is ahead of the machine's clock. */
  aheadMs = 0;
  readonly #steppedClients = new WeakSet<PgClient>();

  constructor(dataSource: DataSource) {
    if (dataSource.options.type === 'better-sqlite3') this.#stepSqlite(dataSource);
    else this.#stepServer(dataSource);
  }

  /** Replaces SQLite's function by one of the same name, also on later connections. */
  #stepSqlite(dataSource: DataSource): void {
    const driver = dataSource.driver as unknown as SqliteParts;
    const setClock = (database: Database): Database => {
      const now = () => (Date.now() + this.aheadMs) / 1_000;
      return database.function('unixepoch', now).function('unixepoch', { varargs: true }, now);
    };
    setClock(driver.databaseConnection);
    driver.sqlite = new Proxy(driver.sqlite, {
      construct: (sqlite, given) => setClock(Reflect.construct<unknown[], Database>(sqlite, given)),
    });
  }

  #stepServer(dataSource: DataSource): void {
    const create = dataSource.createQueryRunner.bind(dataSource);
    const isPostgres = dataSource.options.type === 'postgres';
    dataSource.createQueryRunner = (...given: Parameters<typeof create>): QueryRunner => {
      const runner = create(...given);
      return isPostgres ? this.#stepPostgres(runner) : this.#stepQueries(runner);
    };
  }

  #stepQueries(runner: QueryRunner): QueryRunner {
    const query = runner.query.bind(runner) as (sql: string, ...others: unknown[]) => Promise<unknown>;
    const stepped = (sql: string, ...others: unknown[]) => query(this.#stepped(sql), ...others);
    return Object.assign(runner, { query: stepped });
  }

  /** Steps the statements of pg's client: the store sends some of them without TypeORM. */
  #stepPostgres(runner: QueryRunner): QueryRunner {
    const connect = runner.connect.bind(runner) as () => Promise<PgClient>;
    const steppedConnect = async (): Promise<PgClient> => {
      const client = await connect();
      if (this.#steppedClients.has(client)) return client;
      this.#steppedClients.add(client);
      const query = client.query.bind(client);
      return Object.assign(client, {
        query: (first: string | PgQuery, ...others: unknown[]) =>
          query(
            typeof first === 'string'
              ? this.#stepped(first)
              : Object.assign(first, { text: this.#stepped(first.text) }),
            ...others,
          ),
      });
    };
    return Object.assign(runner, { connect: steppedConnect });
  }

  #stepped(sql: string): string {
    return Object.values(CLOCK_READINGS).reduce(
      (text, reading) => text.replaceAll(reading, `(${reading} + ${String(this.aheadMs)})`),
      sql,
    );
  }
}

interface PgQuery {
  readonly text: string;
}

interface PgClient {
  query(first: string | PgQuery, ...others: unknown[]): unknown;
}

interface SqliteParts {
  readonly databaseConnection: Database;
  sqlite: new (...given: unknown[]) => Database;
}
