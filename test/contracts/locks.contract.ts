import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { StoreUnavailableError } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { User } from '../support/hosts/host-app.js';
import {
  incoming,
  logOut,
  summaryOf,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import {
  connectHost,
  contextOf,
  mapping,
  type OpenedTypeOrmStore,
  openTypeOrmStore,
} from './typeorm-opened-store.js';
import { letTimePass } from '../support/until.js';

/** Far below the time-outs of SQLite's busy handler (5 s) and of the store, and above the delays of a busy machine. */
const NOT_BLOCKED_MS = 500;
const STORE_TIMEOUT_MS = 1_000;

const keepJournal = (connection: Database): void => {
  connection.pragma('journal_mode = DELETE');
};

/** The behaviour on a SQLite file while another connection holds its lock. */
export function sqliteLocksContract(): void {
  describe('the TypeORM store on a locked SQLite file', () => {
    const connections: Database[] = [];
    let database: TestDatabase;
    let opened: OpenedTypeOrmStore;

    /** Records every connection that is opened; the first one is the application's. */
    class Recorded extends BetterSqlite3 {
      constructor(...parameters: ConstructorParameters<typeof BetterSqlite3>) {
        super(...parameters);
        connections.push(this);
      }
    }
    const open = (storeTimeoutMs?: number) =>
      openTypeOrmStore(
        {
          connection: { ...database.connection, driver: Recorded },
          drop: () => Promise.resolve(),
        },
        storeTimeoutMs === undefined ? {} : { storeTimeoutMs },
      );

    beforeEach(async () => {
      connections.length = 0;
      database = await createTestDatabase();
      opened = await open();
    });
    afterEach(async () => {
      await opened.close();
      await database.drop();
    });

    it('uses its own connection, with a busy time-out of 0', () => {
      expect(connections).toHaveLength(2);
      expect(connections[1]?.pragma('busy_timeout', { simple: true })).toBe(0);
    });

    it('waits for another writer when it opens a file without a WAL, and fails after its time-out', async () => {
      await opened.close();
      const connection = { ...database.connection, prepareDatabase: keepJournal };
      const dataSource = await connectHost(connection);
      const writer = new BetterSqlite3(String(database.connection.database));
      writer.exec('BEGIN EXCLUSIVE');
      const store = typeOrmStore(mapping).create(contextOf(dataSource, STORE_TIMEOUT_MS));
      await expect(store.connect()).rejects.toThrow(StoreUnavailableError);
      const connecting = store.connect();
      await letTimePass(100);
      writer.exec('COMMIT');
      await connecting;
      expect((await store.inbox.receive([incoming('a')])).opened).toHaveLength(1);
      await store.close();
      await dataSource.destroy();
      writer.close();
      opened = await open();
    });

    it('writes commits through to the disk, also after the second start', async () => {
      expect(connections[1]?.pragma('synchronous', { simple: true })).toBe(2);
      await opened.close();
      connections.length = 0;
      opened = await open();
      expect(connections[1]?.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(connections[1]?.pragma('synchronous', { simple: true })).toBe(2);
    });

    it('syncs the folder as well without a write-ahead log', async () => {
      await opened.close();
      connections.length = 0;
      const connection = { ...database.connection, driver: Recorded, prepareDatabase: keepJournal };
      opened = await openTypeOrmStore({ connection, drop: () => Promise.resolve() });
      expect(connections[1]?.pragma('journal_mode', { simple: true })).toBe('delete');
      expect(connections[1]?.pragma('synchronous', { simple: true })).toBe(3);
    });

    it('stores jobs after an application transaction of 200 ms that rolls back, without blocking the process', async () => {
      const stall = watchEventLoop();
      let isOver = false;
      const rolledBack = opened.dataSource
        .transaction(async (manager) => {
          await manager.getRepository(User).insert({ id: 2, mevetoId: 'm-2' });
          await letTimePass(200);
          isOver = true;
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      await letTimePass(20);
      expect((await opened.store.inbox.receive([incoming('a')])).opened).toHaveLength(1);
      expect(isOver).toBe(true);
      await rolledBack;

      expect(stall()).toBeLessThan(NOT_BLOCKED_MS);
      expect(await opened.rowOf('a')).toMatchObject({ state: 'pending' });
      expect(await opened.dataSource.getRepository(User).count()).toBe(0);
    });

    it('applies a logout and a login outside of the application’s transaction', async () => {
      await opened.addUser(1, 'm-1');
      await opened.addUser(2, 'm-2');
      const rolledBack = opened.dataSource
        .transaction(async (manager) => {
          await manager.getRepository(User).update(2, { mevetoId: 'changed' });
          await letTimePass(50);
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      await letTimePass(10);
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      const signedInAt = await opened.store.logoutStore.recordLogin('1', undefined);
      await rolledBack;
      expect(await opened.dataSource.getRepository(User).findOneByOrFail({ id: 1 })).toMatchObject({
        lastLoggedOut: loggedOutAt,
        lastLoggedIn: signedInAt,
      });
    });

    it('reads while another connection writes', async () => {
      connections[0]?.exec('BEGIN IMMEDIATE');
      const stall = watchEventLoop();
      expect((await opened.store.logoutStore.committedSince(0)).logouts).toEqual([]);
      expect(await summaryOf(opened)).toMatchObject({ pending: 0 });
      expect(stall()).toBeLessThan(NOT_BLOCKED_MS);
      connections[0]?.exec('ROLLBACK');
    });

    it('rejects with StoreUnavailableError when the lock is taken longer than the time-out', async () => {
      await opened.close();
      connections.length = 0;
      opened = await open(STORE_TIMEOUT_MS);
      connections[0]?.exec('BEGIN IMMEDIATE');
      const stall = watchEventLoop();
      const startedAt = performance.now();
      const refusal: unknown = await opened.store.inbox
        .receive([incoming('a')])
        .catch((error: unknown) => error);
      const waitedMs = performance.now() - startedAt;
      connections[0]?.exec('ROLLBACK');

      expect(refusal).toBeInstanceOf(StoreUnavailableError);
      expect(refusal).toMatchObject({
        code: 'ERR_MEVETO_STORE_UNAVAILABLE',
        retryAfterMs: 2_000,
        message:
          'The store is not available (store a job: the database stayed locked). Try again shortly; nothing was acknowledged.',
        cause: { code: 'SQLITE_BUSY' },
      });
      expect(waitedMs).toBeGreaterThanOrEqual(STORE_TIMEOUT_MS - 1);
      expect(waitedMs).toBeLessThan(3 * STORE_TIMEOUT_MS);
      expect(stall()).toBeLessThan(NOT_BLOCKED_MS);
      expect((await opened.store.inbox.receive([incoming('a')])).opened).toHaveLength(1);
    });

    it('rejects a logout requested within an open transaction of the application, without blocking the process', async () => {
      await opened.addUser(1, 'm-1');
      await opened.close();
      opened = await open(STORE_TIMEOUT_MS);
      const { logoutStore } = opened.store;
      const stall = watchEventLoop();
      const startedAt = performance.now();
      const refusal: unknown = await opened.dataSource.transaction(async (manager) => {
        await manager.getRepository(User).update(1, { lastLoggedIn: 1 });
        return logoutStore.logOut('1', 'password-change').catch((error: unknown) => error);
      });
      const waitedMs = performance.now() - startedAt;

      expect(refusal).toBeInstanceOf(StoreUnavailableError);
      expect(waitedMs).toBeGreaterThanOrEqual(STORE_TIMEOUT_MS - 1);
      expect(waitedMs).toBeLessThan(3 * STORE_TIMEOUT_MS);
      expect(stall()).toBeLessThan(NOT_BLOCKED_MS);
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      // The logout succeeds after the commit.
      expect(await logoutStore.logOut('1', 'password-change')).toMatchObject([{ userId: '1' }]);
    });

    it('rejects with StoreUnavailableError after close()', async () => {
      await opened.store.close();
      await expect(opened.store.inbox.receive([incoming('a')])).rejects.toThrow(StoreUnavailableError);
    });
  });
}

/** Measures the longest time that the event loop was blocked, in milliseconds, until the returned function is called. */
function watchEventLoop(): () => number {
  let seenAt = performance.now();
  let longestMs = 0;
  const look = () => {
    longestMs = Math.max(longestMs, performance.now() - seenAt);
    seenAt = performance.now();
  };
  const timer = setInterval(look, 5);
  return () => {
    look();
    clearInterval(timer);
    return longestMs;
  };
}
