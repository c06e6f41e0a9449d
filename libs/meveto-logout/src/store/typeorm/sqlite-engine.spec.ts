import { describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../../errors.js';
import { SqliteEngine } from './sqlite-engine.js';

/** A SQLite that answers a question about its settings with these. */
function engineOf(answers: Readonly<Record<string, unknown>>, type = 'better-sqlite3') {
  const close = jest.fn();
  class FakeSqlite {
    readonly close = close;
    pragma(text: string): unknown {
      return answers[text];
    }
  }
  const driver = { sqlite: FakeSqlite, databaseConnection: { name: '/data/app.sqlite' } };
  const engine = new SqliteEngine({ driver, options: { type } } as unknown as DataSource, 1_000);
  return { close, connect: async () => engine.connect() };
}

describe('opening SQLite', () => {
  it.each([2, 3, '2'])(
    'goes on when it says that commits are on disk: synchronous=%p',
    async (synchronous) => {
      const { close, connect } = engineOf({ synchronous, journal_mode: 'wal' });
      await connect();
      expect(close).not.toHaveBeenCalled();
    },
  );

  it.each([0, 1, '1'])('is refused when it leaves commits to chance: synchronous=%p', async (synchronous) => {
    const { close, connect } = engineOf({ synchronous, journal_mode: 'wal' });
    await expect(connect()).rejects.toThrow(ConfigurationError);
    await expect(connect()).rejects.toThrow(
      `SQLite answers synchronous=${String(synchronous)}, wanted FULL (2): an acknowledged call could be lost.`,
    );
    expect(close).toHaveBeenCalledTimes(2);
  });

  it('is refused without a write-ahead log unless the folder is written as well', async () => {
    await engineOf({ synchronous: 3, journal_mode: 'delete' }).connect();
    await expect(engineOf({ synchronous: 2, journal_mode: 'delete' }).connect()).rejects.toThrow(
      'SQLite answers synchronous=2, wanted EXTRA (3)',
    );
  });

  it('is refused through another driver than better-sqlite3', async () => {
    await expect(engineOf({ synchronous: 2 }, 'sqljs').connect()).rejects.toThrow('better-sqlite3');
  });
});
