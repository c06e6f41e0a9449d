import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';

const POLL_MS = 100;
const GIVE_UP_AFTER_MS = 60_000;

/** Statements that acquire and release a lock of the database server. Each returns `locked` at once. */
interface LockStatements {
  readonly take: string;
  readonly free: string;
}

const STATEMENTS: Readonly<Record<string, LockStatements>> = {
  postgres: {
    take: 'SELECT pg_try_advisory_lock(1835366005) AS locked',
    free: 'SELECT pg_advisory_unlock(1835366005)',
  },
  mysql: {
    take: "SELECT GET_LOCK('meveto-demo-setup', 0) AS locked",
    free: "SELECT RELEASE_LOCK('meveto-demo-setup')",
  },
};

/**
 * Runs `work` while no other replica does. The lock belongs to a separate connection, and so ends with the process in
 * any case. SQLite needs no lock: one process owns its file.
 * @throws {Error} when another replica holds the lock for more than a minute
 */
export async function withDatabaseLock(dataSource: DataSource, work: () => Promise<void>): Promise<void> {
  const statements = STATEMENTS[dataSource.options.type];
  if (statements === undefined) return work();
  const runner = dataSource.createQueryRunner();
  try {
    await take(runner, statements);
    await work();
    await runner.query(statements.free);
  } finally {
    await runner.release();
  }
}

async function take(runner: QueryRunner, statements: LockStatements): Promise<void> {
  const start = performance.now();
  while (performance.now() - start < GIVE_UP_AFTER_MS) {
    const [row] = (await runner.query(statements.take)) as { locked?: unknown }[];
    if (row?.locked === true || Number(row?.locked) === 1) return;
    await sleep(POLL_MS);
  }
  throw new Error('Another replica has been preparing the database for a minute. Look at its output.');
}
