import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Database } from 'better-sqlite3';
import type { ClaimedJob, IncomingJob, JobOutcome } from '../inbox-jobs.js';
import { NOW_MS, openMemoryDatabase } from '../memory/memory-database.js';
import { MemoryEngine } from '../memory/memory-engine.js';
import { Inbox } from './inbox.js';
import type { Dialect } from './sql.js';
import { sqliteDialect } from './sqlite-engine.js';
import { ownTables } from './table-names.js';

const REJECTED: JobOutcome = { state: 'rejected', reason: 'invalid-token' };
const EXPIRED: JobOutcome = { state: 'expired', reason: 'time-to-live' };
const FAILED = { delayMs: 5_000, maybeSent: true, reason: 'http-500' };
const NOT_SENT = { delayMs: 1_000, maybeSent: false, reason: 'ECONNREFUSED' };
const tables = ownTables('sqlite', {});

/** Statements of a database server on a database in memory. */
class ServerLikeEngine extends MemoryEngine {
  override readonly dialect: Dialect = { ...sqliteDialect(this.times, NOW_MS), isInProcess: false };
}

describe('ends of attempts on a server', () => {
  let database: Database;
  let inbox: Inbox;
  let engine: ServerLikeEngine;
  let transaction: jest.SpiedFunction<ServerLikeEngine['transaction']>;
  beforeEach(async () => {
    database = await openMemoryDatabase(() => 1_700_000_000_000);
    engine = new ServerLikeEngine(() => Promise.resolve(database), 1_000);
    await engine.connect();
    inbox = new Inbox(engine, tables);
    transaction = jest.spyOn(engine, 'transaction');
  });
  afterEach(() => {
    database.close();
  });

  const claimed = async (count: number): Promise<readonly ClaimedJob[]> => {
    const jobs = Array.from({ length: count }, (_, index): IncomingJob => ({
      kind: 'logout',
      digest: `digest-${String(index)}`,
      sealed: 'sealed',
      priority: 'known',
      sender: undefined,
    }));
    await inbox.receive(jobs);
    const found = await inbox.claim(count, 1_000);
    transaction.mockClear();
    return found;
  };
  const rowOf = ({ id }: ClaimedJob) =>
    database
      .prepare(
        `SELECT state, reason, sealed, fence, due_at - 1700000000000 AS due_in, unknown_attempts FROM ${tables.jobs} WHERE id = ?`,
      )
      .get(id);

  it('share one transaction, and each job gets its own end', async () => {
    const [rejected, expired, failed, notSent] = (await claimed(4)) as [
      ClaimedJob,
      ClaimedJob,
      ClaimedJob,
      ClaimedJob,
    ];
    const results = await Promise.all([
      inbox.finish(rejected, REJECTED),
      inbox.finish(expired, EXPIRED),
      inbox.release(failed, FAILED),
      inbox.release(notSent, NOT_SENT),
    ]);
    expect(results).toEqual([true, true, undefined, undefined]);
    expect(transaction).toHaveBeenCalledTimes(1);
    expect(rowOf(rejected)).toMatchObject({ ...REJECTED, sealed: null, fence: 1 });
    expect(rowOf(expired)).toMatchObject({ ...EXPIRED, sealed: null, fence: 1 });
    const waiting = { state: 'pending', sealed: 'sealed', fence: 2 };
    expect(rowOf(failed)).toEqual({ ...waiting, reason: 'http-500', due_in: 5_000, unknown_attempts: 1 });
    expect(rowOf(notSent)).toEqual({
      ...waiting,
      reason: 'ECONNREFUSED',
      due_in: 1_000,
      unknown_attempts: 0,
    });
  });

  it('change nothing in a batch for a claim that is lost, or that has ended in the same batch', async () => {
    const [job, other] = (await claimed(2)) as [ClaimedJob, ClaimedJob];
    const older = { ...other, fence: other.fence - 1 };
    expect(
      await Promise.all([
        inbox.finish(job, REJECTED),
        inbox.release(job, FAILED),
        inbox.finish(older, EXPIRED),
      ]),
    ).toEqual([true, undefined, false]);
    expect(rowOf(job)).toMatchObject({ ...REJECTED, fence: 1 });
    expect(rowOf(other)).toMatchObject({ state: 'pending', fence: 1 });
    expect(await inbox.finish(job, REJECTED)).toBe(true);
    expect(await inbox.finish(job, EXPIRED)).toBe(false);
  });

  it('wait only briefly for a locked row, also for that of the only job', async () => {
    const [job] = (await claimed(1)) as [ClaimedJob];
    await inbox.finish(job, REJECTED);
    const lockWaits = transaction.mock.calls.map((call: readonly unknown[]) => call[2]);
    expect(lockWaits).toEqual([125]);
  });

  it('delay no other job by one whose row the database refuses', async () => {
    const jobs = await claimed(40);
    const poisoned = jobs[7]?.id ?? '';
    database.exec(
      `CREATE TRIGGER refuse BEFORE UPDATE ON ${tables.jobs} WHEN NEW.id = '${poisoned}' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    );
    const settled = await Promise.allSettled(jobs.map((job) => inbox.finish(job, REJECTED)));
    expect(settled.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([7]);
  });
});
