import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  claimOne,
  endAmbiguous,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  receiveAndClaim,
  removal,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import type { OpenedTypeOrmStore } from './typeorm-opened-store.js';

const JOBS = 'meveto_logout_jobs';
const RETENTION = { finishedMs: 1, rejectedMs: 1_000, ambiguousMs: 1, senderMs: 1, invalidCount: 0 };

interface Executed {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** Calls everything that reads or writes jobs while requests, exchanges or the clean-up run. */
async function callAll(opened: OpenedTypeOrmStore): Promise<void> {
  const { inbox, logoutStore } = opened.store;
  await opened.addUser(1, 'one');
  await logOut(opened, 'applied', 'one');
  await endAmbiguous(opened, 'ambiguous');
  await inbox.receive([incoming('a'), incoming('b')]);
  await inbox.receive([{ ...incoming('a'), earlierDigests: ['digest-earlier'] }]);
  await inbox.receiveListed([listed('1', 'listed'), listed('2', 'ambiguous')]);
  await inbox.receiveLeased([{ ...incoming('leased'), sealed: undefined }], LEASE_MS);
  await inbox.renew([await claimOne(opened)], LEASE_MS);
  const failure = { delayMs: 0, maybeSent: false, reason: 'test' };
  await inbox.beginAgain(await claimOne(opened), failure, LEASE_MS);
  await inbox.release(await receiveAndClaim(opened, incoming('released')), failure);
  const rejected = await receiveAndClaim(opened, incoming('rejected'));
  await inbox.finish(rejected, { state: 'rejected', reason: 'invalid-token' });
  const answered = [
    await receiveAndClaim(opened, incoming('c')),
    await receiveAndClaim(opened, removal('d')),
  ];
  await logoutStore.applyLogouts(answered.map((job) => ({ job, mevetoId: 'one' })));
  await inbox.knownSenders(['none'], 1);
  await inbox.unfinished(['digest-a']);
  await inbox.waitingByPriority();
  await inbox.summary();
  for (const state of ['pending', 'applied'] as const) {
    const { next } = await inbox.list({ state, limit: 1, after: undefined });
    await inbox.list({ state, limit: 1, after: next });
  }
  await inbox.retryNow('none');
  await inbox.discard('none', 'test');
  await inbox.expire(0, 10);
  await inbox.purge(RETENTION, 10);
}

/** Every statement on jobs finds its rows by an index: the table keeps the jobs of weeks. */
export function queryPlansContract(databaseName: string, open: () => Promise<OpenedTypeOrmStore>): void {
  describe(`plans of the statements on jobs on ${databaseName}`, () => {
    let opened: OpenedTypeOrmStore;
    const executed = new Map<string, Executed>();

    beforeAll(async () => {
      opened = await open();
      const { dataSource } = opened;
      const record = (sql: string, params: unknown = []): void => {
        // The latest time is read once, at the start.
        if (sql.includes(JOBS) && !sql.includes('MAX(received_at)'))
          executed.set(sql, { sql, params: params as readonly unknown[] });
      };
      const { databaseConnection } = dataSource.driver as unknown as { databaseConnection?: Preparing };
      if (databaseConnection === undefined)
        jest.spyOn(dataSource.logger, 'logQuery').mockImplementation(record);
      else {
        const prepare = databaseConnection.prepare.bind(databaseConnection);
        jest.spyOn(databaseConnection, 'prepare').mockImplementation((sql) => {
          record(sql);
          return prepare(sql);
        });
      }
      // A new process has not prepared any statement yet.
      await opened.restart();
      await callAll(opened);
      jest.restoreAllMocks();
    });
    afterAll(() => opened.close());

    it('search an index', async () => {
      expect(executed.size).toBeGreaterThan(20);
      const isPostgres = opened.dataSource.options.type === 'postgres';
      const scans: string[] = [];
      for (const { sql, params } of executed.values()) {
        const found = isPostgres ? await postgresScans(opened, sql, params) : sqliteScans(opened, sql);
        scans.push(...found.map((scan) => `${scan}: ${sql}`));
      }
      expect(scans).toEqual([]);
    });
  });
}

interface Preparing {
  prepare(sql: string): object;
}

/** The parts of a plan that read all jobs. The index of due jobs may be read as a whole: it has the unfinished jobs only. */
function sqliteScans({ dataSource }: OpenedTypeOrmStore, sql: string): string[] {
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: Explaining };
  const count = sql.split('?').length - 1;
  const steps = databaseConnection
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...Array<null>(count).fill(null)) as { detail: string }[];
  return steps.map(({ detail }) => detail).filter((each) => /^SCAN (meveto|job)/.test(each) && !isDue(each));
}

interface Explaining {
  prepare(sql: string): { all(...params: null[]): unknown[] };
}

const isDue = (text: string): boolean => text.includes(`${JOBS}_due`);

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Plan[];
}

/** As {@link sqliteScans}. The planner must avoid a sequential scan wherever it can, because the table is small. */
async function postgresScans(
  { dataSource }: OpenedTypeOrmStore,
  sql: string,
  params: readonly unknown[],
): Promise<string[]> {
  const [row] = await dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL enable_seqscan = off');
    return manager.query<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(`EXPLAIN (FORMAT JSON) ${sql}`, [...params]);
  });
  const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
  return (row?.['QUERY PLAN'] ?? [])
    .flatMap(({ Plan: plan }) => nodes(plan))
    .filter((node) => isScan(node))
    .map((node) => `${node['Node Type']} ${node['Index Name'] ?? ''}`);
}

const isScan = (node: Plan): boolean =>
  (node['Relation Name'] === JOBS && node['Node Type'] === 'Seq Scan') ||
  (node['Index Name']?.startsWith(JOBS) === true &&
    node['Index Cond'] === undefined &&
    !isDue(node['Index Name']));
