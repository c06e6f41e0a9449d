import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { ServerExecutor } from '../sql/executor.js';
import { executorOf } from './executor-of.js';

type Query = (sql: string) => Promise<unknown>;

/** A fake DataSource with one connection, which reports what happens to it. */
function fakeDataSource(type: string) {
  const log: string[] = [];
  const query = jest.fn<Query>(() => Promise.resolve({ records: [{ n: 1 }], affected: 1 }));
  const databaseConnection = {
    /** As pg, which answers each statement of a text with a result. */
    query: async ({ text }: { text: string }) => {
      const results: unknown[] = [];
      for (const sql of text.split('; ')) {
        log.push(sql);
        const { records, affected } = (await query(sql)) as { records?: unknown; affected?: unknown };
        results.push({ rows: records, rowCount: affected });
      }
      return results;
    },
    end: () => Promise.resolve(void log.push('cut off')),
    destroy: () => void log.push('cut off'),
    stream: { destroy: () => undefined },
  };
  const listeners = new Set<unknown>();
  const master = {
    on: (_event: string, listener: unknown) => listeners.add(listener),
    off: (_event: string, listener: unknown) => listeners.delete(listener),
  };
  let connect: () => Promise<unknown> = () => Promise.resolve();
  const dataSource = {
    options: { type },
    driver: { master },
    createQueryRunner: () => {
      const runner: Record<string, unknown> = {
        connect: async () => {
          await connect();
          Object.assign(runner, { databaseConnection });
        },
        query: (sql: string) => {
          log.push(sql);
          return query(sql);
        },
        release: () => Promise.resolve(void log.push('released')),
      };
      return runner;
    },
  } as unknown as DataSource;
  return {
    executor: executorOf(dataSource) as ServerExecutor,
    dataSource,
    log,
    query,
    listeners,
    setConnect: (work: () => Promise<unknown>) => (connect = work),
  };
}

const SERVERS = [
  ['postgres', ['START TRANSACTION ISOLATION LEVEL READ COMMITTED'], new Error('Query read timeout')],
  [
    'mariadb',
    ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'START TRANSACTION'],
    Object.assign(new Error('no answer'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }),
  ],
] as const;

describe.each(SERVERS)('the executor of a DataSource of type %s', (type, BEGIN, noAnswer) => {
  let fake: ReturnType<typeof fakeDataSource>;
  let giveUp: AbortController;
  let limits: { timeoutMs: number; signal: AbortSignal };
  beforeEach(() => {
    fake = fakeDataSource(type);
    giveUp = new AbortController();
    limits = { timeoutMs: 1_000, signal: giveUp.signal };
  });
  afterEach(() => fake.executor.close?.());

  it('commits when the work is done, and releases the connection', async () => {
    const work = fake.executor.transaction((connection) => connection.query('SELECT 1', []), limits);
    expect(await work).toEqual({ rows: [{ n: 1 }], affected: 1 });
    expect(fake.log).toEqual([...BEGIN, 'SELECT 1', 'COMMIT', 'released']);
  });

  it('rolls back when the work fails', async () => {
    const error = new Error('stop');
    await expect(fake.executor.transaction(() => Promise.reject(error), limits)).rejects.toBe(error);
    expect(fake.log).toEqual([...BEGIN, 'ROLLBACK', 'released']);
  });

  it('closes a connection that cannot roll back', async () => {
    fake.query.mockImplementation((sql) =>
      sql === 'ROLLBACK' ? Promise.reject(new Error('lost')) : Promise.resolve({}),
    );
    await expect(fake.executor.transaction(() => Promise.reject(new Error('stop')), limits)).rejects.toThrow(
      'stop',
    );
    expect(fake.log).toEqual([...BEGIN, 'ROLLBACK', 'cut off', 'released']);
  });

  it('reads without a transaction', async () => {
    await fake.executor.connection((connection) => connection.query('SELECT 1', []), limits);
    expect(fake.log).toEqual(['SELECT 1', 'released']);
  });

  it('closes the connection when the store gives up', async () => {
    const silent = fake.executor.connection(() => {
      giveUp.abort();
      return Promise.reject(new Error('closed'));
    }, limits);
    await expect(silent).rejects.toThrow('closed');
    expect(fake.log).toEqual(['cut off', 'released']);
  });

  it('leaves a connection alone that it has released', async () => {
    await fake.executor.connection(() => Promise.resolve(), limits);
    giveUp.abort();
    expect(fake.log).toEqual(['released']);
  });

  it('releases a connection that comes after the store has given up', async () => {
    fake.setConnect(() => {
      giveUp.abort(new Error('too late'));
      return Promise.resolve();
    });
    const work = jest.fn(() => Promise.resolve());
    await expect(fake.executor.transaction(work, limits)).rejects.toThrow('too late');
    expect(work).not.toHaveBeenCalled();
    expect(fake.log).toEqual(['released']);
  });

  it('closes a connection when the driver gives up on a statement', async () => {
    fake.query.mockRejectedValueOnce(noAnswer);
    const read = fake.executor.connection((connection) => connection.query('SELECT 1', []), limits);
    await expect(read).rejects.toBe(noAnswer);
    expect(fake.log).toEqual(['SELECT 1', 'cut off', 'released']);
  });
});

describe('the executor of a DataSource', () => {
  it('listens to new connections of PostgreSQL until it is closed', async () => {
    const { executor, listeners } = fakeDataSource('postgres');
    expect(listeners.size).toBe(1);
    await executor.close?.();
    expect(listeners.size).toBe(0);
  });

  it('finds the code of a database error', () => {
    const { executor } = fakeDataSource('postgres');
    expect(executor.codeOf(Object.assign(new Error('deadlock'), { code: '40P01' }))).toBe('40P01');
    expect(executor.codeOf(Object.assign(new Error('other'), { code: 7 }))).toBeUndefined();
    expect(executor.codeOf(null)).toBeUndefined();
  });

  it('is refused for a type of database that the store does not know', () => {
    expect(() => executorOf({ options: { type: 'sqljs' } } as unknown as DataSource)).toThrow(
      "store: got a DataSource of type 'sqljs', expected 'better-sqlite3', 'postgres', 'mysql' or 'mariadb'.",
    );
  });
});
