import { describe, expect, it, jest } from '@jest/globals';
import {
  BEGUN_AT,
  failure,
  insertTwo,
  onMysql,
  onPostgres,
  rows,
  TIMEOUT_MS,
} from '../../../spec-support/fake-executor.js';
import { leveledLines } from '../../../spec-support/log-lines.js';
import { ConfigurationError } from '../../core/errors.js';
import { StoreUnavailableError } from '../errors.js';
import { CLOCK_READINGS } from './clock-readings.js';
import { clockOf, lookUp, type Script, UnrepresentableValueError } from './sql.js';

function* find(): Script<number> {
  return (yield* lookUp('SELECT n FROM t WHERE a = ?', ['\0'])).length;
}

describe.each([
  ['PostgreSQL', onPostgres, '40P01', '22P02', ['VALUES ($1, $2) | a | 1', 'VALUES ($1) | 2']],
  [
    'MariaDB and MySQL',
    onMysql,
    'ER_LOCK_DEADLOCK',
    'ER_TRUNCATED_WRONG_VALUE',
    ['VALUES (?, ?) | a | 1', 'VALUES (?) | 2'],
  ],
] as const)('an engine for %s', (_name, open, deadlock, unfit, texts) => {
  const INSERTS = [`INSERT INTO t ${texts[0]}`, `INSERT INTO u ${texts[1]}`];

  it('runs a script in one transaction, with the parameters as the library writes them', async () => {
    const { executor, engine } = open();
    expect(await engine.transaction('insert', insertTwo)).toBe('done');
    expect(executor.statements).toEqual(['begin', ...INSERTS, 'commit']);
  });

  it('reads without a transaction', async () => {
    const { executor, engine } = open();
    expect(await engine.read('find', find)).toBe(0);
    expect(executor.log).toHaveLength(1);
  });

  it('repeats the whole transaction after a deadlock', async () => {
    const { executor, engine } = open();
    let deadlocks = 2;
    executor.answer = (sql) => {
      if (sql.startsWith('INSERT INTO u') && deadlocks > 0) {
        deadlocks -= 1;
        throw failure(deadlock);
      }
      return [];
    };
    expect(await engine.transaction('insert', insertTwo)).toBe('done');
    const aborted = ['begin', ...INSERTS, 'rollback'];
    expect(executor.statements).toEqual([...aborted, ...aborted, 'begin', ...INSERTS, 'commit']);
  });

  it('gives up after five deadlocks', async () => {
    const { executor, engine } = open();
    executor.answer = () => {
      throw failure(deadlock);
    };
    await expect(engine.transaction('insert', insertTwo)).rejects.toThrow(StoreUnavailableError);
    expect(executor.log.filter((each) => each === 'begin')).toHaveLength(5);
  });

  it('does not repeat a transaction after another error, and keeps the cause', async () => {
    const { executor, engine } = open();
    const cause = failure('other');
    executor.answer = (sql) => {
      if (sql.startsWith('INSERT INTO u')) throw cause;
      return [];
    };
    const rejection: unknown = await engine.transaction('insert', insertTwo).catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(StoreUnavailableError);
    expect((rejection as Error).cause).toBe(cause);
    expect(executor.statements).toEqual(['begin', ...INSERTS, 'rollback']);
  });

  it('rejects with the error of the script when the library wraps it', async () => {
    const { engine } = open();
    const stop = new ConfigurationError(['stop']);
    await expect(
      // eslint-disable-next-line require-yield -- the script fails before its first statement
      engine.transaction('stop', function* (): Script<void> {
        throw stop;
      }),
    ).rejects.toBe(stop);
  });

  it('recognises a value that the searched column cannot hold', async () => {
    const { executor, engine } = open();
    executor.answer = () => {
      throw failure(unfit);
    };
    await expect(engine.read('find', find)).rejects.toThrow(UnrepresentableValueError);
    await expect(engine.transaction('find', find)).rejects.toThrow(UnrepresentableValueError);
    // Only a search may fail in this way.
    await expect(engine.transaction('insert', insertTwo)).rejects.toThrow(StoreUnavailableError);
  });

  it('rejects at the deadline, cuts the connection off, and ignores a late answer', async () => {
    const { executor, engine } = open();
    let answer: (found: unknown) => void = () => undefined;
    executor.answer = () => new Promise((resolve) => (answer = resolve));
    const startedAt = performance.now();
    await expect(engine.transaction('insert', insertTwo)).rejects.toThrow(StoreUnavailableError);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2 * TIMEOUT_MS - 2);
    expect(executor.limits).toEqual([
      { timeoutMs: 2 * TIMEOUT_MS, signal: expect.objectContaining({ aborted: true }) },
    ]);
    answer([]);
    await new Promise(setImmediate);
    expect(executor.statements).toEqual(['begin', INSERTS[0], 'rollback']);
  });

  it('does not abort the signal of work that was done in time', async () => {
    const { executor, engine } = open();
    await engine.read('find', find);
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS * 2));
    expect(executor.limits).toEqual([
      { timeoutMs: TIMEOUT_MS, signal: expect.objectContaining({ aborted: false }) },
    ]);
  });

  it('closes the executor', async () => {
    const { executor, engine } = open();
    await engine.close();
    expect(executor.close).toHaveBeenCalledTimes(1);
  });
});

describe('an engine for PostgreSQL', () => {
  it('sets its time-outs for the transaction only, in one statement', async () => {
    const { executor, engine } = onPostgres();
    await engine.transaction('insert', insertTwo);
    expect(executor.log[1]).toBe(
      "SELECT set_config('lock_timeout', '40', true) AS lock_timeout, set_config('statement_timeout', '40', true) AS statement_timeout, " +
        "set_config('idle_in_transaction_session_timeout', '40', true) AS idle_in_transaction_session_timeout, " +
        `${CLOCK_READINGS.postgres} AS now_ms`,
    );
  });

  it('answers a script that reads the clock first from the same statement, and later readings from their own', async () => {
    const { executor, engine } = onPostgres();
    executor.answer = () => [{ now_ms: BEGUN_AT + 1 }];
    function* twice(): Script<number[]> {
      return [yield* clockOf(engine.dialect), yield* clockOf(engine.dialect)];
    }
    expect(await engine.transaction('read the clock', twice)).toEqual([BEGUN_AT, BEGUN_AT + 1]);
    expect(executor.log).toHaveLength(4);
    expect(executor.log[2]).toBe(`SELECT ${CLOCK_READINGS.postgres} AS now_ms`);
  });

  it.each(['repeatable read', 'serializable'])('refuses transactions at %s', async (isolation) => {
    const { executor, engine } = onPostgres();
    const transaction = executor.transaction.bind(executor);
    jest.spyOn(executor, 'transaction').mockImplementation(async (work, limits) => {
      const query = (sql: string) => Promise.resolve(rows(sql.includes('isolation') ? [{ isolation }] : []));
      return transaction(() => work({ query }), limits);
    });
    await expect(engine.connect()).rejects.toThrow(
      `the executor’s transactions have the isolation level ${isolation}, expected read committed`,
    );
  });
});

describe('starting on a server', () => {
  const lines = leveledLines();

  it('refuses an executor that changes the names of columns', async () => {
    const { executor, engine } = onMysql();
    executor.nameOf = () => 'someName';
    await expect(engine.connect()).rejects.toThrow(
      /the columns .*someName for SELECT 1 AS some_name, expected the column some_name\. Turn off/,
    );
    await expect(engine.connect()).rejects.toThrow(ConfigurationError);
  });

  it('warns of an executor that cannot close a silent connection', async () => {
    const { executor, engine } = onPostgres();
    await engine.connect();
    expect(lines).toEqual([]);
    executor.canCutOff = false;
    await engine.connect();
    expect(lines).toEqual([
      'warn: [MEVETO_STORE_CHECK] store: the executor cannot close a connection whose network is silent. Such connections stay in the pool until the driver ' +
        'gives up on them: give the driver a time-out for statements.',
    ]);
  });
});
