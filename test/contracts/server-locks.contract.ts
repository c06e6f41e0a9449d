import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from 'nestjs-meveto-logout';
import type { DataSource } from 'typeorm';
import { createTestDatabase, databaseKind } from '../support/database.js';
import { User } from '../support/host-app.js';
import { until } from '../support/until.js';
import { claimOne, incoming, LEASE_MS, nextMillisecond, receiveAndClaim, removal } from './opened-store.js';
import { type OpenedTypeOrmStore, openTypeOrmStore } from './typeorm-opened-store.js';

const STORE_TIMEOUT_MS = 300;

/** What happens on a database server while somebody else holds a lock. */
export function serverLocksContract(): void {
  describe(`the TypeORM store on ${databaseKind} with locked rows`, () => {
    let opened: OpenedTypeOrmStore;
    beforeEach(async () => {
      opened = await openTypeOrmStore(await createTestDatabase(), { storeTimeoutMs: STORE_TIMEOUT_MS });
      await opened.addUser(1, 'm-1');
    });
    afterEach(() => opened.close());

    it('leaves out calls that somebody else has locked', async () => {
      await opened.store.inbox.receive([incoming('a'), incoming('b')]);
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query(`SELECT id FROM meveto_logout_calls WHERE digest = 'digest-a' FOR UPDATE`);
      const claimed = await opened.store.inbox.claim(10, LEASE_MS);
      await runner.rollbackTransaction();
      await runner.release();
      expect(claimed.map(({ digest }) => digest)).toEqual(['digest-b']);
      expect((await claimOne(opened)).digest).toBe('digest-a');
    });

    it('stores what is new beside a call that comes again while somebody has it locked', async () => {
      const { id } = await receiveAndClaim(opened, incoming('a'));
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      // As while its outcome is written.
      await runner.query(`SELECT id FROM meveto_logout_calls WHERE id = '${id}' FOR UPDATE`);
      const stored = await opened.store.inbox
        .receive([incoming('a'), incoming('b')])
        .catch((error: unknown) => error);
      await runner.rollbackTransaction();
      await runner.release();
      expect(stored).toBe(1);
    });

    it('claims few of many and locks no others: another replica claims, stores and ends beside it', async () => {
      await opened.close();
      opened = await openTypeOrmStore(await createTestDatabase());
      const { inbox } = opened.store;
      for (const lane of ['listed', 'confirmed', 'stranger'] as const) {
        const calls = Array.from({ length: 400 }, (_, index) => incoming(`${lane}-${String(index)}`));
        await inbox.receive(calls.map((call) => ({ ...call, lane })));
      }
      const before = await receiveAndClaim(opened, incoming('ends meanwhile'));
      let commit: () => void = () => undefined;
      const mayCommit = new Promise<void>((resolve) => (commit = resolve));
      const held = holdCommit(opened.dataSource, mayCommit);
      const first = inbox.claim(60, LEASE_MS, [], 50);
      await held;
      const second = await inbox.claim(500, LEASE_MS);
      expect(second).toHaveLength(500);
      expect(await inbox.receive([incoming('comes meanwhile')])).toBe(1);
      expect(await inbox.finish(before, { state: 'rejected', reason: 'test' })).toBe(true);
      commit();
      const both = [...(await first), ...second].map(({ id }) => id);
      expect(new Set(both).size).toBe(560);
    });

    it('logs out whom a removal is just taking the Meveto ID from, if the logout came first', async () => {
      const { register } = opened.store;
      const logout = await receiveAndClaim(opened, incoming('logout'));
      await nextMillisecond(opened);
      const gone = await receiveAndClaim(opened, removal('gone'));
      let commit: () => void = () => undefined;
      const mayCommit = new Promise<void>((resolve) => (commit = resolve));
      const held = holdCommit(opened.dataSource, mayCommit);
      const removed = register.applyProtectionRemoved(gone, 'm-1');
      await held;
      const applied = register.applyLogout(logout, 'm-1');
      await delay(50);
      commit();
      expect((await removed).kind).toBe('unlinked');
      expect(await applied).toEqual({
        kind: 'applied',
        logout: { userId: '1', loggedOutAt: logout.occurredAt },
      });
    });

    it('says that it is not available when the user’s row is locked for longer than it may wait', async () => {
      const call = await receiveAndClaim(opened, incoming('a'));
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.manager.getRepository(User).update(1, { lastLoggedIn: 1 });
      const startedAt = performance.now();
      const refusal: unknown = await opened.store.register
        .applyLogout(call, 'm-1')
        .catch((error: unknown) => error);
      const waitedMs = performance.now() - startedAt;
      await runner.rollbackTransaction();
      await runner.release();

      expect(refusal).toBeInstanceOf(StoreUnavailableError);
      expect(waitedMs).toBeLessThan(STORE_TIMEOUT_MS * 5);
      // What nobody waits for any more may still have been written: then the call has ended, and once only.
      const { kind } = await opened.store.register.applyLogout(call, 'm-1');
      expect(['applied', 'claim-lost']).toContain(kind);
      expect((await opened.store.register.committedSince(0)).logouts).toHaveLength(1);
    }, 30_000);

    it('leaves no connection waiting on the server when it has given up', async () => {
      const { dataSource, store } = opened;
      const calls = [];
      for (const name of ['a', 'b', 'c']) calls.push(await receiveAndClaim(opened, incoming(name)));
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.manager.getRepository(User).update(1, { lastLoggedIn: 1 });
      try {
        const tried = calls.map((call) => store.register.applyLogout(call, 'm-1').catch(() => undefined));
        await Promise.all(tried);
        await until('nobody waits on the server', async () => (await waitingCount(dataSource)) === 0, 3_000);
      } finally {
        await runner.rollbackTransaction();
        await runner.release();
      }
    }, 30_000);

    it('says that it is not available when the database went away', async () => {
      await opened.dataSource.query('ALTER TABLE meveto_logout_calls RENAME TO meveto_logout_calls_away');
      const refusal: unknown = await opened.store.inbox
        .receive([incoming('a')])
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(StoreUnavailableError);
      expect(refusal).toMatchObject({
        message: 'The store is not available (store a call). Try again shortly; nothing was acknowledged.',
      });
    });
  });
}

/** Lets the next transaction wait with its commit; resolves once it does. */
function holdCommit(dataSource: DataSource, mayCommit: Promise<void>): Promise<void> {
  const create = dataSource.createQueryRunner.bind(dataSource);
  return new Promise((isReady) => {
    jest.spyOn(dataSource, 'createQueryRunner').mockImplementationOnce((...args) => {
      const runner = create(...args);
      const commit = runner.commitTransaction.bind(runner);
      runner.commitTransaction = async () => {
        isReady();
        await mayCommit;
        await commit();
      };
      return runner;
    });
  });
}

/** Statements that wait for a row. MySQL has no limit for one of them: there it is its innodb_lock_wait_timeout. */
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
