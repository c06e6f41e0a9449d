import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SqliteConnection } from './executor.js';
import { rowsOf } from './sql.js';
import { SqliteEngine } from './sqlite-engine.js';

const COMMIT_MS = 40;

const blockFor = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

describe('the pause after a slow commit', () => {
  let engine: SqliteEngine;
  let isBusy: boolean;
  beforeEach(async () => {
    isBusy = false;
    const prepare = (sql: string) => ({
      reader: sql.startsWith('SELECT'),
      all: () => [],
      run: () => {
        if (sql === 'COMMIT') blockFor(COMMIT_MS);
        return { changes: 0 };
      },
    });
    const pragma = (): number => 3;
    const connection: SqliteConnection = { inTransaction: false, prepare, pragma, close: () => undefined };
    engine = new SqliteEngine({ database: 'sqlite', open: () => connection }, 1_000);
    await engine.connect();
  });
  afterEach(async () => {
    isBusy = false;
    await engine.close();
  });

  /** How long the next transaction takes after a slow commit, without the time of its own commit. */
  async function pauseMs(): Promise<number> {
    const commit = () => engine.transaction('write', () => rowsOf('SELECT 1'));
    await commit();
    const begunAt = performance.now();
    await commit();
    return performance.now() - begunAt - COMMIT_MS;
  }

  /** Other work in each turn of the event loop. */
  function work(): void {
    blockFor(1);
    if (isBusy) setImmediate(work);
  }

  it('leaves as much time for other work as the commit took', async () => {
    isBusy = true;
    work();
    expect(await pauseMs()).toBeGreaterThan(COMMIT_MS - 5);
  });

  it('ends at once when there is no other work', async () => {
    // On a busy machine the system may take the processor away in any of them.
    const pauses = [await pauseMs(), await pauseMs(), await pauseMs(), await pauseMs()];
    expect(Math.min(...pauses)).toBeLessThan(COMMIT_MS / 2);
  });
});
