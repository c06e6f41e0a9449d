import { ServerResponse } from 'node:http';
import type { Database, RunResult, Statement } from 'better-sqlite3';
import { type Measure, ratioOf } from '../measure.js';
import { createDatabase, type RunDatabase } from '../runs/database.js';
import { ingest } from './ingest-variants.js';
import { takeTurns } from './turns.js';

const INSERT_JOBS = /^\s*INSERT INTO "?meveto_logout_jobs"?/i;

/** What the connections to the database and the answers of the server add up to. */
const totals = { commits: 0, rowsInTransaction: 0, committedRows: 0, answers: 0, earlyAnswers: 0 };

/**
 * The webhooks that are acknowledged for each COMMIT on SQLite, at 64 connections. COMMITs and inserted rows are counted at the
 * connection, those of the worker included. Fails if an answer leaves before the COMMIT of its row.
 */
export const rowsPerCommit: Measure = {
  names: ['ingest_rows_per_commit_c64'],
  async run(scale) {
    const database = counting(await createDatabase('sqlite'));
    countAnswers();
    const rows: number[] = [];
    let last = { ...totals };
    const after = (): void => {
      rows.push((totals.answers - last.answers) / (totals.commits - last.commits));
      last = { ...totals };
    };
    await takeTurns([await ingest('fastify', database)], scale, { after });
    if (totals.earlyAnswers > 0)
      throw new Error(`${String(totals.earlyAnswers)} answers left before their COMMIT.`);
    return { ingest_rows_per_commit_c64: ratioOf(rows) };
  },
};

/** The database, with each of its connections counted. */
function counting(database: RunDatabase): RunDatabase {
  const { connection } = database;
  if (connection.type !== 'better-sqlite3') throw new Error('The connection is counted on SQLite only.');
  const prepareDatabase = async (opened: Database): Promise<void> => {
    await connection.prepareDatabase?.(opened);
    const prepare = opened.prepare.bind(opened);
    Object.assign(opened, { prepare: (sql: string) => countedStatement(sql, prepare(sql)) });
  };
  return { ...database, connection: { ...connection, prepareDatabase } };
}

function countedStatement(sql: string, statement: Statement): Statement {
  const isCommit = sql === 'COMMIT';
  if (!isCommit && !INSERT_JOBS.test(sql)) return statement;
  const run = statement.run.bind(statement);
  return Object.assign(statement, {
    run: (...params: unknown[]): RunResult => {
      const result = run(...params);
      if (isCommit) {
        totals.commits += 1;
        totals.committedRows += totals.rowsInTransaction;
        totals.rowsInTransaction = 0;
      } else totals.rowsInTransaction += result.changes;
      return result;
    },
  });
}

/** Counts the acknowledgements of this process, and those that leave before as many rows are committed. */
function countAnswers(): void {
  const end = Reflect.get(ServerResponse.prototype, 'end') as (...args: unknown[]) => ServerResponse;
  Object.assign(ServerResponse.prototype, {
    end(this: ServerResponse, ...args: unknown[]) {
      if (this.statusCode === 202) totals.answers += 1;
      if (totals.answers > totals.committedRows) totals.earlyAnswers += 1;
      return end.apply(this, args);
    },
  });
}
