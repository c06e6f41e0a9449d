import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from 'nestjs-meveto-logout';
import type { DataSource } from 'typeorm';
import { createTestDatabase, databaseKind } from '../support/database.js';
import { User } from '../support/hosts/host-app.js';
import {
  claimOne,
  incoming,
  LEASE_MS,
  nextMillisecond,
  receiveAndClaim,
  removal,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { type OpenedTypeOrmStore, openTypeOrmStore } from './typeorm-opened-store.js';
import { letTimePass, until } from '../support/until.js';

const STORE_TIMEOUT_MS = 300;

/** The behaviour on a database server while another connection holds a lock. */
export function serverLocksContract(): void {
  describe(`the TypeORM store on ${databaseKind} with locked rows`, () => {
    let opened: OpenedTypeOrmStore;
    beforeEach(async () => {
      opened = await openTypeOrmStore(await createTestDatabase(), { storeTimeoutMs: STORE_TIMEOUT_MS });
      await opened.addUser(1, 'm-1');
    });
    afterEach(() => opened.close());

    it('skips jobs that another transaction has locked', async () => {
      await opened.store.inbox.receive([incoming('a'), incoming('b')]);
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query(`SELECT id FROM meveto_logout_jobs WHERE digest = 'digest-a' FOR UPDATE`);
      const claimed = await opened.store.inbox.claim(10, LEASE_MS);
      await runner.rollbackTransaction();
      await runner.release();
      expect(claimed.map(({ digest }) => digest)).toEqual(['digest-b']);
      expect((await claimOne(opened)).digest).toBe('digest-a');
    });

    it('stores a new job beside a repeated job that is locked', async () => {
      const { id } = await receiveAndClaim(opened, incoming('a'));
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      // As while the outcome is written.
      await runner.query(`SELECT id FROM meveto_logout_jobs WHERE id = '${id}' FOR UPDATE`);
      const stored = await opened.store.inbox
        .receive([incoming('a'), incoming('b')])
        .catch((error: unknown) => error);
      await runner.rollbackTransaction();
      await runner.release();
      expect(stored).toEqual({ opened: ['digest-b'], refused: [] });
    });

    it('locks only the claimed jobs, so that another replica can claim, store and finish others', async () => {
      await opened.close();
      opened = await openTypeOrmStore(await createTestDatabase());
      const { inbox } = opened.store;
      for (const priority of ['listed', 'known', 'unknown'] as const) {
        const jobs = Array.from({ length: 400 }, (_, index) => incoming(`${priority}-${String(index)}`));
        await inbox.receive(jobs.map((job) => ({ ...job, priority })));
      }
      const before = await receiveAndClaim(opened, incoming('ends meanwhile'));
      let commit: () => void = () => undefined;
      const mayCommit = new Promise<void>((resolve) => (commit = resolve));
      const leased = holdCommit(opened.dataSource, mayCommit);
      const first = inbox.claim(60, LEASE_MS, [], 50);
      await leased;
      const second = await inbox.claim(500, LEASE_MS);
      expect(second).toHaveLength(500);
      expect((await inbox.receive([incoming('comes meanwhile')])).opened).toHaveLength(1);
      expect(await inbox.finish(before, { state: 'rejected', reason: 'test' })).toBe(true);
      commit();
      const both = [...(await first), ...second].map(({ id }) => id);
      expect(new Set(both).size).toBe(560);
    });

    it('logs out a user whose Meveto ID a concurrent removal clears, if the logout came first', async () => {
      const { logoutStore } = opened.store;
      const logout = await receiveAndClaim(opened, incoming('logout'));
      await nextMillisecond(opened);
      const gone = await receiveAndClaim(opened, removal('gone'));
      let commit: () => void = () => undefined;
      const mayCommit = new Promise<void>((resolve) => (commit = resolve));
      const leased = holdCommit(opened.dataSource, mayCommit);
      const removed = logoutStore.applyProtectionRemoved(gone, 'm-1');
      await leased;
      const applied = logoutStore.applyLogout(logout, 'm-1');
      await letTimePass(50);
      commit();
      expect((await removed).kind).toBe('unlinked');
      expect(await applied).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: logout.occurredAt },
      });
    });

    it('rejects with StoreUnavailableError when the user’s row is locked longer than the time-out', async () => {
      const job = await receiveAndClaim(opened, incoming('a'));
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.manager.getRepository(User).update(1, { lastLoggedIn: 1 });
      const startedAt = performance.now();
      const refusal: unknown = await opened.store.logoutStore
        .applyLogout(job, 'm-1')
        .catch((error: unknown) => error);
      const waitedMs = performance.now() - startedAt;
      await runner.rollbackTransaction();
      await runner.release();

      expect(refusal).toBeInstanceOf(StoreUnavailableError);
      expect(waitedMs).toBeLessThan(STORE_TIMEOUT_MS * 5);
      // The abandoned transaction may still commit. Then the job is finished, once only.
      const { kind } = await opened.store.logoutStore.applyLogout(job, 'm-1');
      expect(['applied', 'claim-lost']).toContain(kind);
      expect((await opened.store.logoutStore.committedSince(0)).logouts).toHaveLength(1);
    }, 30_000);

    it('rejects a logout requested within a transaction of the application on the same row', async () => {
      const { dataSource, store } = opened;
      const startedAt = performance.now();
      const refusal: unknown = await dataSource.transaction(async (manager) => {
        await manager.getRepository(User).update(1, { lastLoggedIn: 1 });
        return store.logoutStore.logOut('1', 'password-change').catch((error: unknown) => error);
      });
      expect(refusal).toBeInstanceOf(StoreUnavailableError);
      expect(performance.now() - startedAt).toBeLessThan(STORE_TIMEOUT_MS * 5);
      // The logout succeeds after the commit.
      expect(await store.logoutStore.logOut('1', 'password-change')).toMatchObject([{ userId: '1' }]);
    }, 30_000);

    it('keeps a write when the application’s transaction around it is rolled back', async () => {
      const { dataSource, store } = opened;
      await dataSource
        .transaction(async (manager) => {
          await manager.getRepository(User).insert({ id: 2, mevetoId: 'm-2' });
          await store.logoutStore.logOut('1', 'ban');
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      expect((await store.logoutStore.committedSince(0)).logouts).toMatchObject([
        { userId: '1', reason: 'ban' },
      ]);
    });

    it('leaves no connection waiting on the server after a time-out', async () => {
      const { dataSource, store } = opened;
      const jobs = [];
      for (const name of ['a', 'b', 'c']) jobs.push(await receiveAndClaim(opened, incoming(name)));
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.manager.getRepository(User).update(1, { lastLoggedIn: 1 });
      try {
        const tried = jobs.map((job) => store.logoutStore.applyLogout(job, 'm-1').catch(() => undefined));
        await Promise.all(tried);
        await until(
          'no connection waits on the server',
          async () => (await waitingCount(dataSource)) === 0,
          3_000,
        );
      } finally {
        await runner.rollbackTransaction();
        await runner.release();
      }
    }, 30_000);

    it('rejects with StoreUnavailableError when a table is missing', async () => {
      await opened.dataSource.query('ALTER TABLE meveto_logout_jobs RENAME TO meveto_logout_jobs_away');
      const refusal: unknown = await opened.store.inbox
        .receive([incoming('a')])
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(StoreUnavailableError);
      expect(refusal).toMatchObject({
        message: 'The store is not available (store a job). Try again shortly; nothing was acknowledged.',
      });
    });
  });
}

/** Makes the next transaction wait before its commit. Resolves when it waits. */
function holdCommit(dataSource: DataSource, mayCommit: Promise<void>): Promise<void> {
  const create = dataSource.createQueryRunner.bind(dataSource);
  return new Promise((isReady) => {
    jest.spyOn(dataSource, 'createQueryRunner').mockImplementationOnce((...args) => {
      const runner = create(...args);
      const query = runner.query.bind(runner) as (sql: string, ...others: unknown[]) => Promise<unknown>;
      const waiting = async (sql: string, ...others: unknown[]): Promise<unknown> => {
        if (sql === 'COMMIT') {
          isReady();
          await mayCommit;
        }
        return query(sql, ...others);
      };
      Object.assign(runner, { query: waiting });
      return runner;
    });
  });
}

/** Number of statements that wait for a row. On MySQL innodb_lock_wait_timeout is the only limit of the wait. */
async function waitingCount(dataSource: DataSource): Promise<number> {
  if (dataSource.options.type === 'postgres') {
    const rows = await dataSource.query<unknown[]>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length;
  }
  const [server] = await dataSource.query<{ version: string }[]>('SELECT VERSION() AS version');
  if (server?.version.includes('MariaDB') !== true) return 0;
  const rows = await dataSource.query<unknown[]>(
    "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT %FOR UPDATE%' AND id <> CONNECTION_ID()",
  );
  return rows.length;
}
