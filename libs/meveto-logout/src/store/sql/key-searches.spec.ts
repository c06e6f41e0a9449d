import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from 'better-sqlite3';
import type { ClaimedJob, IncomingJob } from '../inbox-jobs.js';
import { HOST_TABLES, openMemoryDatabase } from '../memory/memory-database.js';
import { MemoryEngine } from '../memory/memory-engine.js';
import type { SqliteConnection } from './executor.js';
import { hostTablesByName } from './named-tables.js';
import { SqlStore } from './sql-store.js';
import { ownTables } from './table-names.js';

const COUNT = 40;
const tables = ownTables('sqlite', {});
const indexes = Array.from({ length: COUNT }, (_, index) => String(index));
const jobs = indexes.map((index): IncomingJob => ({
  kind: 'logout',
  digest: `digest-${index}`,
  sealed: undefined,
  priority: 'known',
  sender: undefined,
}));

let database: Database;
let store: SqlStore;
/** Statements that list keys. */
let searches: string[];
/** Statements that search for jobs of a Meveto ID. */
let subjectSearches: string[];

beforeEach(async () => {
  database = await openMemoryDatabase(() => 1_700_000_000_000);
  searches = [];
  subjectSearches = [];
  const connection: SqliteConnection = {
    inTransaction: false,
    prepare: (sql) => {
      if (sql.includes('IN (?, ')) searches.push(sql);
      if (sql.includes('WHERE subject_digest IN')) subjectSearches.push(sql);
      return database.prepare(sql);
    },
    pragma: () => undefined,
    close: () => undefined,
  };
  store = new SqlStore(
    () => ({
      database: 'sqlite',
      way: 'in a test',
      engine: (timeoutMs) => new MemoryEngine(() => Promise.resolve(connection), timeoutMs),
      tables,
      logoutRowsNameParts: [],
      hostTables: hostTablesByName('sqlite', HOST_TABLES),
      creation: '',
    }),
    {
      moduleRef: undefined as never,
      storeTimeoutMs: 1_000,
      digestSubject: (mevetoId) => mevetoId,
      earlierDigestsOfSubject: () => indexes,
    },
  );
  await store.connect();
});

afterEach(() => {
  database.close();
});

const leased = async (): Promise<readonly ClaimedJob[]> =>
  (await store.inbox.receiveLeased(jobs, 1_000)).leased;

const link = (): void => {
  const insert = database.prepare('INSERT INTO users (id, meveto_id) VALUES (?, ?)');
  for (const index of indexes) insert.run(index, `meveto-${index}`);
};

function plansOf(sql: string): string[] {
  const params = Array.from(sql.matchAll(/\?/g), () => null);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[];
  return plan.map(({ detail }) => detail).filter((detail) => /SEARCH|SCAN/.test(detail));
}

/** An index on the state would read every waiting or applied job: more with each job of a backlog. */
describe('a search by many keys on SQLite goes by the keys, not by the state', () => {
  const operations: Record<string, () => Promise<unknown>> = {
    'storing jobs': leased,
    'renewing leases': async () => store.inbox.renew(await leased(), 1_000),
    'finding unfinished jobs': () => store.inbox.unfinished(jobs.map(({ digest }) => digest)),
    'claiming jobs': async () => {
      await leased();
      database.exec(`UPDATE ${tables.jobs} SET due_at = 0`);
      expect(await store.inbox.claim(COUNT, 1_000)).toHaveLength(COUNT);
    },
    'logging users out': async () => {
      link();
      const answers = (await leased()).map((job, index) => ({ job, mevetoId: `meveto-${String(index)}` }));
      expect((await store.logoutStore.applyLogouts(answers)).size).toBe(COUNT);
    },
    'logging a user out whose Meveto ID has digests of earlier keys': async () => {
      link();
      for (const job of (await leased()).slice(0, 1)) await store.logoutStore.applyLogout(job, 'meveto-0');
    },
  };

  it.each(Object.keys(operations))('%s', async (name) => {
    await operations[name]?.();
    expect(searches).not.toEqual([]);
    for (const plan of searches.flatMap(plansOf)) expect(plan).not.toMatch(/SCAN|\(state=\?/);
  });
});

/** With an index on the Meveto ID alone, the search would read every finished logout of the person. */
describe('a search for the jobs of a Meveto ID goes by their kind, too', () => {
  const [job] = jobs;
  const one = async (): Promise<ClaimedJob> => {
    const [claimed] = (await store.inbox.receiveLeased(job === undefined ? [] : [job], 1_000)).leased;
    if (claimed === undefined) throw new Error('No job was claimed.');
    return claimed;
  };
  const operations: Record<string, () => Promise<unknown>> = {
    'logging users out': async () => {
      link();
      await store.logoutStore.applyLogouts([{ job: await one(), mevetoId: 'meveto-0' }]);
    },
    'logging out a user whose Meveto ID was removed': async () =>
      store.logoutStore.applyLogout(await one(), 'meveto-0'),
    'recording a login': async () => {
      link();
      await store.logoutStore.recordLogin('0', 1_699_999_999_000, 'meveto-0');
    },
  };

  it.each(Object.keys(operations))('%s', async (name) => {
    await operations[name]?.();
    expect(subjectSearches).not.toEqual([]);
    for (const plan of subjectSearches.flatMap(plansOf))
      expect(plan).toMatch(/jobs_subject \(subject_digest=\? AND kind=\?/);
  });
});
