import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { GroupCommit } from './group-commit.js';
import { run, type Script, type Statement } from './sql.js';

const NEVER = Number.POSITIVE_INFINITY;
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';
const meanings = {
  isBusy: (error: unknown): boolean => codeOf(error) === 'SQLITE_BUSY',
  isRowFault: (error: unknown): boolean => codeOf(error).startsWith('SQLITE_CONSTRAINT'),
};

function open() {
  const database = new Database(':memory:');
  database.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)');
  const ran: string[] = [];
  const runOne = ({ sql, params }: Statement) => {
    ran.push(sql);
    const statement = database.prepare(sql);
    if (statement.reader) return { rows: statement.all(...params) as Record<string, unknown>[], affected: 0 };
    return { rows: [], affected: statement.run(...params).changes };
  };
  const numbers = () => database.prepare('SELECT n FROM t ORDER BY n').pluck().all();
  return { ran, runOne, numbers };
}

const insert = (n: number) =>
  function* (): Script<number> {
    return (yield* run('INSERT INTO t (n) VALUES (?)', [n])).affected;
  };

/** Fails after it has written a row. */
const insertTwice = (n: number) =>
  function* (): Script<void> {
    yield* insert(n)();
    yield* insert(n)();
  };

const failing = (operation: string, cause: unknown): Error => new Error(operation, { cause });

describe('transactions in one group commit', () => {
  it('are committed together and resolve with their own outcomes', async () => {
    const { ran, runOne, numbers } = open();
    const group = new GroupCommit(failing);
    const commits = [1, 2, 3].map((n) => group.add('insert', insert(n), NEVER));
    expect(group.flush(runOne, meanings)).toBeUndefined();
    expect(await Promise.all(commits)).toEqual([1, 1, 1]);
    expect(numbers()).toEqual([1, 2, 3]);
    expect(ran.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
    expect(group.size).toBe(0);
  });

  it('are rolled back alone when they fail', async () => {
    const { runOne, numbers } = open();
    const group = new GroupCommit(failing);
    const good = group.add('good', insert(1), NEVER);
    const bad = group.add('bad', insertTwice(7), NEVER);
    const later = group.add('later', insert(2), NEVER);
    group.flush(runOne, meanings);
    await expect(bad).rejects.toThrow('bad');
    expect(await Promise.all([good, later])).toEqual([1, 1]);
    expect(numbers()).toEqual([1, 2]);
  });

  it('wait for the next transaction when the first of them fails', async () => {
    const { ran, runOne, numbers } = open();
    const group = new GroupCommit(failing);
    const bad = group.add('bad', insertTwice(7), NEVER);
    const others = [1, 2].map((n) => group.add('insert', insert(n), NEVER));
    const outcome = expect(bad).rejects.toThrow('bad');
    while (group.size > 0) expect(group.flush(runOne, meanings)).toBeUndefined();
    await outcome;
    expect(await Promise.all(others)).toEqual([1, 1]);
    expect(numbers()).toEqual([1, 2]);
    expect(ran.filter((sql) => sql.startsWith('SAVEPOINT'))).toHaveLength(1);
  });

  it.each(['BEGIN IMMEDIATE', 'COMMIT'])('keep waiting when %s finds the database locked', async (locked) => {
    const { runOne, numbers } = open();
    const group = new GroupCommit(failing);
    const commits = [1, 2].map((n) => group.add('insert', insert(n), NEVER));
    const busy = Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' });
    const whileLocked = (statement: Statement) => {
      if (statement.sql === locked) throw busy;
      return runOne(statement);
    };
    expect(group.flush(whileLocked, meanings)).toBe(busy);
    expect(numbers()).toEqual([]);
    group.flush(runOne, meanings);
    expect(await Promise.all(commits)).toEqual([1, 1]);
    expect(numbers()).toEqual([1, 2]);
  });

  it('are committed alone after a refused row has ended their transaction', async () => {
    const { ran, runOne, numbers } = open();
    const group = new GroupCommit(failing);
    const rollBack = function* (): Script<void> {
      yield* run('INSERT OR ROLLBACK INTO t (n) VALUES (2), (2)');
    };
    const commits = [
      group.add('first', insert(1), NEVER),
      group.add('bad', rollBack, NEVER),
      group.add('third', insert(3), NEVER),
    ];
    const outcomes = Promise.allSettled(commits);
    while (group.size > 0) expect(group.flush(runOne, meanings)).toBeUndefined();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(numbers()).toEqual([1, 3]);
    expect(ran.filter((sql) => sql === 'BEGIN IMMEDIATE')).toHaveLength(4);
  });

  it('all fail when the commit fails, and write nothing', async () => {
    const { runOne, numbers } = open();
    const group = new GroupCommit(failing);
    const commits = [1, 2].map((n) => group.add('insert', insert(n), NEVER));
    group.flush((statement) => {
      if (statement.sql === 'COMMIT') throw new Error('disk full');
      return runOne(statement);
    }, meanings);
    const outcomes = await Promise.allSettled(commits);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(numbers()).toEqual([]);
  });

  it('are rejected when they have waited for too long', async () => {
    const group = new GroupCommit(failing);
    const late = group.add('late', insert(1), 100);
    const patient = group.add('patient', insert(2), 300);
    group.giveUp((operation) => new Error(`${operation}: locked`), 200);
    await expect(late).rejects.toThrow('late: locked');
    expect(group.size).toBeGreaterThan(0);
    group.giveUp((operation) => new Error(`${operation}: closed`));
    await expect(patient).rejects.toThrow('patient: closed');
  });
});
