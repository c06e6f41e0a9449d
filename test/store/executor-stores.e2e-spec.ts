import * as jest from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { storeConformance } from 'nestjs-meveto-logout/testing';

storeConformance(jest, {
  name: 'sqlStore on a SQLite file',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'meveto-logout-'));
    const file = join(folder, 'app.sqlite');
    new BetterSqlite3(file).pragma('journal_mode = WAL');
    return {
      executor: { database: 'sqlite', open: () => new BetterSqlite3(file, { timeout: 0 }) },
      close: () => {
        rmSync(folder, { recursive: true });
      },
    };
  },
});

storeConformance(jest, {
  name: 'sqlStore on SQLite in memory',
  open: () => {
    const database = new BetterSqlite3(':memory:');
    return {
      executor: { database: 'sqlite', sharesConnection: true, open: () => database },
      close: () => {
        database.close();
      },
    };
  },
});
