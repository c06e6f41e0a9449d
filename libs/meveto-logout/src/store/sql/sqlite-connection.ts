import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError, MevetoLogoutError } from '../../core/index.js';
import { StoreUnavailableError } from '../errors.js';
import type { SqliteConnection, SqliteExecutor } from './executor.js';

/**
 * Pages of the write-ahead log (WAL) before a commit copies them into the database file. Digests are random, so that each new row changes
 * a page of their index; with SQLite's 1,000 the same pages are copied again after every few commits. The WAL has 16 MB then.
 */
const CHECKPOINT_PAGES = 4_000;

/** Delay before the next try on a locked database, in milliseconds. */
export const RETRY_EVERY_MS = 5;

/**
 * Opens the module's own connection to the application's database file. Without a write-ahead log (WAL) the reads that open the
 * file wait for other writers, too.
 * @throws {StoreUnavailableError} when the file stays locked for `timeoutMs`, or cannot be opened
 * @throws {ConfigurationError} when SQLite does not write commits through to the disk
 */
export async function openConnection(executor: SqliteExecutor, timeoutMs: number): Promise<SqliteConnection> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await openOnce(executor);
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw failing('open the database', error);
    }
    await delay(RETRY_EVERY_MS);
  }
}

async function openOnce(executor: SqliteExecutor): Promise<SqliteConnection> {
  const database = await executor.open();
  try {
    // The application's preparation may have set another one.
    database.pragma('busy_timeout = 0');
    makeDurable(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function makeDurable(database: SqliteConnection): void {
  // SQLite opens an existing WAL file with synchronous=NORMAL by default: a power loss could lose an acknowledged job.
  // Without a WAL, FULL does not sync the folder: a deleted journal could reappear and roll the commit back.
  const isWal = database.pragma('journal_mode', { simple: true }) === 'wal';
  database.pragma(`synchronous = ${isWal ? 'FULL' : 'EXTRA'}`);
  database.pragma(`wal_autocheckpoint = ${String(CHECKPOINT_PAGES)}`);
  database.pragma('foreign_keys = ON');
  const synchronous = database.pragma('synchronous', { simple: true });
  if (Number(synchronous) < (isWal ? 2 : 3)) {
    throw new ConfigurationError([
      `store: SQLite answers synchronous=${String(synchronous)}, expected ${isWal ? 'FULL (2)' : 'EXTRA (3)'}: an acknowledged job could be lost.`,
    ]);
  }
}

/** Whether the error means that another connection holds the lock. */
export const isBusy = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
};

/** The error with which an operation is rejected. */
export const failing = (operation: string, error: unknown): unknown =>
  error instanceof MevetoLogoutError
    ? error
    : new StoreUnavailableError(operation, { cause: error, isRowFault: isRowFault(error) });

const ROW_FAULT = /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/;

/** Whether the error means that the database refuses a row: a constraint, or a trigger that raises an error. */
export const isRowFault = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && ROW_FAULT.test(code);
};
