import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerExecutor, SqlConnection, SqlResult } from 'nestjs-meveto-logout';
import { CollectingRunner } from '../../libs/meveto-logout/spec-support/collecting-runner.js';
import { OpenedSqlStore } from '../../libs/meveto-logout/src/testing/conformance/opened-sql-store.js';
import { serverTransactions } from '../../libs/meveto-logout/src/testing/conformance/server-transactions.contract.js';
import { testsOf } from '../../libs/meveto-logout/src/testing/conformance/tests.js';
import { databaseKind } from '../support/database.js';
import { ExecutorWorld, limits, type OpenedExecutor, type OpenOptions } from './executor-world.js';

type Transaction = ServerExecutor['transaction'];

/** Makes an executor's transactions faulty. */
type Fault = (good: ServerExecutor) => Transaction;

const ROLLS_BACK = 'rolls back when the work fails, and rejects with the same error';
const ENDS = 'ends with its connection, and the work runs no further statement';
const REJECTS = 'rejects when its connection ends before the COMMIT';

/** Does something else when a statement fails, as it does on a lost connection. */
const afterFailure =
  (
    goOn: (good: ServerExecutor, ...statement: Parameters<SqlConnection['query']>) => Promise<SqlResult>,
  ): Fault =>
  (good) =>
  (work, workLimits) =>
    good.transaction(
      (connection) =>
        work({
          query: (sql, params) => connection.query(sql, params).catch(() => goOn(good, sql, params)),
        }),
      workLimits,
    );

const reconnects = afterFailure((good, sql, params) =>
  good.connection((other) => other.query(sql, params), limits()),
);

const hangs = afterFailure(() => new Promise(() => undefined));

const reportsSuccess = afterFailure(() => Promise.resolve({ rows: [], affected: 1 }));

/** Resolves when the work has resolved, whatever became of the COMMIT. */
const ignoresLostCommit: Fault =
  (good) =>
  async <T>(work: (connection: SqlConnection) => Promise<T>) => {
    let done: { readonly value: T } | undefined;
    try {
      return await good.transaction(async (connection) => {
        done = { value: await work(connection) };
        return done.value;
      }, limits());
    } catch (error) {
      if (done === undefined) throw error;
      return done.value;
    }
  };

const beginsNone: Fault = (good) => (work, workLimits) => good.connection(work, workLimits);

const wrapsErrors: Fault = (good) => (work, workLimits) =>
  good.transaction(work, workLimits).catch((cause: unknown) => {
    throw new Error('wrapped', { cause });
  });

/** Shows that the tests of the conformance suite which end a connection detect faulty executors. */
export function faultyExecutorsContract(open: (options: OpenOptions) => Promise<OpenedExecutor>): void {
  describe(`the conformance suite of transactions on ${databaseKind}`, () => {
    const world = new ExecutorWorld(open);
    let runner: CollectingRunner;
    beforeEach(async () => {
      await world.start();
      runner = new CollectingRunner();
    });
    afterEach(() => world.stop());

    const runOn = async (transaction: Transaction): Promise<void> => {
      const good = world.executor;
      // The suite's own statements before and after the tests run on the good executor.
      let isUnderTest = false;
      const executor: ServerExecutor = {
        database: good.database,
        placeholders: good.placeholders,
        canCutOff: good.canCutOff,
        transaction: (work, workLimits) =>
          (isUnderTest ? transaction : good.transaction.bind(good))(work, workLimits),
        connection: (work, workLimits) => good.connection(work, workLimits),
        codeOf: (error) => good.codeOf(error),
      };
      const opened = await OpenedSqlStore.open({ executor, close: () => undefined });
      const tests = testsOf(runner);
      tests.beforeEach(() => opened.clear());
      serverTransactions(tests, () => opened);
      isUnderTest = true;
      await runner.run();
      isUnderTest = false;
      await opened.close();
    };
    const failed = (): readonly string[] => runner.failed.map((title) => title.split(' > ').at(-1) ?? '');

    it('passes on an executor that keeps its promises', async () => {
      await runOn(world.executor.transaction.bind(world.executor));
      expect(failed()).toEqual([]);
      expect(runner.passed).toHaveLength(3);
    });

    it.each<[string, Fault, readonly string[]]>([
      ['connects again after a loss', reconnects, [ENDS]],
      ['never answers after a loss', hangs, [ENDS]],
      ['reports success after a loss', reportsSuccess, [ENDS]],
      ['resolves although the COMMIT was lost', ignoresLostCommit, [REJECTS]],
      ['begins no transaction', beginsNone, [ROLLS_BACK, ENDS, REJECTS]],
      ['rejects with another error', wrapsErrors, [ROLLS_BACK]],
    ])('fails on an executor that %s', async (_what, fault, titles) => {
      await runOn(fault(world.executor));
      expect(failed()).toEqual(titles);
    });
  });
}
