import { describe, expect, it } from '@jest/globals';
import { openMemoryDatabase } from './memory-database.js';

describe('the database of a memory store', () => {
  it('is refused without better-sqlite3, with the way to install it', async () => {
    const missing = () => Promise.reject(new Error('Cannot find package'));
    await expect(openMemoryDatabase(Date.now, missing)).rejects.toMatchObject({
      faults: [
        'store: memoryStore() needs the package better-sqlite3, which cannot be loaded. Install it: npm install --save-dev better-sqlite3.',
      ],
    });
  });

  it('reads its clock for each statement', async () => {
    let at = 5_000;
    const database = await openMemoryDatabase(() => at);
    const read = database.prepare('SELECT now_ms()').pluck();
    expect(read.get()).toBe(5_000);
    at = 4_000;
    expect(read.get()).toBe(4_000);
    database.close();
  });
});
