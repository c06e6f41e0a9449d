import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { StoreUnavailableError, typeOrmStore } from 'nestjs-meveto-logout';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { User } from '../support/host-app.js';
import { incoming, logOut, summaryOf } from './opened-store.js';
import {
  connectHost,
  contextOf,
  mapping,
  type OpenedTypeOrmStore,
  openTypeOrmStore,
} from './typeorm-opened-store.js';

/** Far below SQLite's busy handler (5 s) and how long the store may wait, above what a busy machine adds. */
const NOT_BLOCKED_MS = 500;
const STORE_TIMEOUT_MS = 1_000;

const keepJournal = (connection: Database): void => {
  connection.pragma('journal_mode = DELETE');
};

/** What happens on a SQLite file while somebody else holds its lock. */
export function sqliteLocksContract(): void {
  describe('the TypeORM store on a SQLite file that is locked', () => {
    const connections: Database[] = [];
    let database: TestDatabase;
    let opened: OpenedTypeOrmStore;

    /** Remembers every connection that is opened, the application's first. */
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

    it('uses a connection of its own, which waits for nobody', () => {
      expect(connections).toHaveLength(2);
      expect(connections[1]?.pragma('busy_timeout', { simple: true })).toBe(0);
    });

    it('opens a file without a WAL while somebody is just writing, and says so when that takes too long', async () => {
      await opened.close();
      const connection = { ...database.connection, prepareDatabase: keepJournal };
      const dataSource = await connectHost(connection);
      const writer = new BetterSqlite3(String(database.connection.database));
      writer.exec('BEGIN EXCLUSIVE');
      const store = typeOrmStore(mapping).create(contextOf(dataSource, STORE_TIMEOUT_MS));
      await expect(store.connect()).rejects.toThrow(StoreUnavailableError);
      const connecting = store.connect();
      await delay(100);
      writer.exec('COMMIT');
      await connecting;
      expect(await store.inbox.receive([incoming('a')])).toBe(1);
      await store.close();
      await dataSource.destroy();
      writer.close();
      opened = await open();
    });

    it('writes through to the disk, also on the second start', async () => {
      expect(connections[1]?.pragma('synchronous', { simple: true })).toBe(2);
      await opened.close();
      connections.length = 0;
      opened = await open();
      expect(connections[1]?.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(connections[1]?.pragma('synchronous', { simple: true })).toBe(2);
    });

    it('does so without a write-ahead log, too, where the folder has to be written as well', async () => {
      await opened.close();
      connections.length = 0;
      const connection = { ...database.connection, driver: Recorded, prepareDatabase: keepJournal };
      opened = await openTypeOrmStore({ connection, drop: () => Promise.resolve() });
      expect(connections[1]?.pragma('journal_mode', { simple: true })).toBe('delete');
      expect(connections[1]?.pragma('synchronous', { simple: true })).toBe(3);
    });

    it('stores calls after an application transaction of 200 ms that rolls back, without blocking the process', async () => {
      const stall = watchEventLoop();
      let isOver = false;
      const rolledBack = opened.dataSource
        .transaction(async (manager) => {
          await manager.getRepository(User).insert({ id: 2, mevetoId: 'm-2' });
          await delay(200);
          isOver = true;
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      await delay(20);
      expect(await opened.store.inbox.receive([incoming('a')])).toBe(1);
      expect(isOver).toBe(true);
      await rolledBack;

      expect(stall()).toBeLessThan(NOT_BLOCKED_MS);
      expect(await opened.rowOf('a')).toMatchObject({ state: 'pending' });
      expect(await opened.dataSource.getRepository(User).count()).toBe(0);
    });

    it('settles a logout and a login outside of the application’s transaction too', async () => {
      await opened.addUser(1, 'm-1');
      await opened.addUser(2, 'm-2');
      const rolledBack = opened.dataSource
        .transaction(async (manager) => {
          await manager.getRepository(User).update(2, { mevetoId: 'changed' });
          await delay(50);
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      await delay(10);
      const loggedOutAt = await logOut(opened, 'a', 'm-1');
      const signedInAt = await opened.store.register.recordLogin('1', undefined);
      await rolledBack;
      expect(await opened.dataSource.getRepository(User).findOneByOrFail({ id: 1 })).toMatchObject({
        lastLoggedOut: loggedOutAt,
        lastLoggedIn: signedInAt,
      });
    });

    it('reads while somebody else writes', async () => {
      connections[0]?.exec('BEGIN IMMEDIATE');
      const stall = watchEventLoop();
      expect((await opened.store.register.committedSince(0)).logouts).toEqual([]);
      expect(await summaryOf(opened)).toMatchObject({ pending: 0 });
      expect(stall()).toBeLessThan(NOT_BLOCKED_MS);
      connections[0]?.exec('ROLLBACK');
    });

    it('says that it is not available when the lock is held for longer than it may wait', async () => {
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
          'The store is not available (store a call: the database stayed locked). Try again shortly; nothing was acknowledged.',
        cause: { code: 'SQLITE_BUSY' },
      });
      expect(waitedMs).toBeGreaterThanOrEqual(STORE_TIMEOUT_MS - 1);
      expect(waitedMs).toBeLessThan(3 * STORE_TIMEOUT_MS);
      expect(stall()).toBeLessThan(NOT_BLOCKED_MS);
      expect(await opened.store.inbox.receive([incoming('a')])).toBe(1);
    });

    it('says that it is not available once it was closed', async () => {
      await opened.store.close();
      await expect(opened.store.inbox.receive([incoming('a')])).rejects.toThrow(StoreUnavailableError);
    });
  });
}

/** The longest time that the event loop did nothing else, in milliseconds, until the returned function is called. */
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
