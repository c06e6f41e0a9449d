import { describe, expect, it, jest } from '@jest/globals';
import { ConfigurationError } from '../../core/errors.js';
import { StoreUnavailableError } from '../errors.js';
import type { SqliteConnection } from './executor.js';
import { rowsOf, run } from './sql.js';
import { SqliteEngine } from './sqlite-engine.js';

/** An engine on a fake SQLite that answers pragmas with these values. */
function engineOf(answers: Readonly<Record<string, unknown>>, sharesConnection = false) {
  const close = jest.fn();
  const pragma = jest.fn((source: string) => answers[source]);
  const prepare = () => ({ reader: true, all: () => [{ n: 1 }], run: () => ({ changes: 0 }) });
  const connection: SqliteConnection = { inTransaction: false, prepare, pragma, close };
  const open = jest.fn(() => connection);
  const engine = new SqliteEngine({ database: 'sqlite', open, sharesConnection }, 1_000);
  return { close, open, pragma, engine, connect: async () => engine.connect() };
}

describe('a group of scripts', () => {
  it('goes on in another transaction when its first script fails', async () => {
    const ran: string[] = [];
    const prepare = (sql: string) => ({
      reader: false,
      all: () => [],
      run: () => {
        ran.push(sql);
        if (sql === 'refused') throw new Error('refused');
        return { changes: 1 };
      },
    });
    const pragma = (source: string) => (source.startsWith('journal_mode') ? 'wal' : 2);
    const connection: SqliteConnection = { inTransaction: false, prepare, pragma, close: () => undefined };
    const engine = new SqliteEngine({ database: 'sqlite', open: () => connection }, 1_000);
    await engine.connect();
    const outcomes = await Promise.allSettled(
      ['refused', 'first', 'second'].map((sql) => engine.transaction(sql, () => run(sql))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    const begun = ran.filter((sql) => /^(BEGIN|COMMIT|ROLLBACK|refused|first|second)/.test(sql));
    const [failed, committed] = [
      ['BEGIN IMMEDIATE', 'refused', 'ROLLBACK'],
      ['BEGIN IMMEDIATE', 'first', 'second', 'COMMIT'],
    ];
    expect(begun).toEqual([...failed, ...committed]);
    await engine.close();
  });
});

describe('connecting to SQLite', () => {
  it.each([2, 3, '2'])(
    'succeeds when commits are written to the disk: synchronous=%p',
    async (synchronous) => {
      const { close, connect } = engineOf({ synchronous, journal_mode: 'wal' });
      await connect();
      expect(close).not.toHaveBeenCalled();
    },
  );

  it.each([0, 1, '1'])(
    'is refused when commits are not written to the disk: synchronous=%p',
    async (synchronous) => {
      const { close, connect } = engineOf({ synchronous, journal_mode: 'wal' });
      await expect(connect()).rejects.toThrow(ConfigurationError);
      await expect(connect()).rejects.toThrow(
        `SQLite answers synchronous=${String(synchronous)}, expected FULL (2): an acknowledged job could be lost.`,
      );
      expect(close).toHaveBeenCalledTimes(2);
    },
  );

  it('is refused without a write-ahead log unless the folder is synced as well', async () => {
    await engineOf({ synchronous: 3, journal_mode: 'delete' }).connect();
    await expect(engineOf({ synchronous: 2, journal_mode: 'delete' }).connect()).rejects.toThrow(
      'SQLite answers synchronous=2, expected EXTRA (3)',
    );
  });

  it('opens the file again while another process keeps it locked', async () => {
    const { connect, open } = engineOf({ synchronous: 2, journal_mode: 'wal' });
    open.mockImplementationOnce(() => {
      throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
    });
    await connect();
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('is refused when the file cannot be opened', async () => {
    const { connect, open } = engineOf({});
    open.mockImplementation(() => {
      throw Object.assign(new Error('unable to open database file'), { code: 'SQLITE_CANTOPEN' });
    });
    await expect(connect()).rejects.toThrow(StoreUnavailableError);
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('leaves a shared connection as the application has set it up, and open', async () => {
    const { close, connect, engine, pragma } = engineOf({ synchronous: 0 }, true);
    await connect();
    expect(await engine.read('read', () => rowsOf('SELECT 1 AS n'))).toEqual([{ n: 1 }]);
    await engine.close();
    expect(pragma).not.toHaveBeenCalled();
    expect(close).not.toHaveBeenCalled();
  });
});
