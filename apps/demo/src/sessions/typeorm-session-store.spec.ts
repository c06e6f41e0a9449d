import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import session, { type SessionData } from 'express-session';
import { DataSource, type Repository } from 'typeorm';
import { CreateDemoTables1760000000000 } from '../database/migrations/1760000000000-create-demo-tables.js';
import { deleteExpired } from './delete-expired.js';
import { Session } from './session.entity.js';
import { TypeOrmSessionStore } from './typeorm-session-store.js';

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const HOUR_MS = 3_600_000;

describe('TypeOrmSessionStore', () => {
  let dataSource: DataSource;
  let rows: Repository<Session>;
  let store: TypeOrmSessionStore;

  beforeEach(async () => {
    dataSource = new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
      entities: [Session],
      migrations: [CreateDemoTables1760000000000],
      migrationsRun: true,
    });
    await dataSource.initialize();
    rows = dataSource.getRepository(Session);
    store = new TypeOrmSessionStore(rows);
  });

  afterEach(() => dataSource.destroy());

  const fresh = (userId?: number): SessionData => {
    const cookie = new session.Cookie();
    cookie.maxAge = HOUR_MS;
    return { cookie, ...(userId === undefined ? {} : { userId }) };
  };
  const promised = (start: (done: (error?: unknown) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      start((error) => {
        if (error === undefined || error === null) resolve();
        else reject(asError(error));
      });
    });
  const save = (id: string, data: SessionData) =>
    promised((done) => {
      store.set(id, data, done);
    });
  const touch = (id: string, data: SessionData) =>
    promised((done) => {
      store.touch(id, data, done);
    });
  const destroy = (id: string) =>
    promised((done) => {
      store.destroy(id, done);
    });
  const get = (id: string): Promise<SessionData | null | undefined> =>
    new Promise((resolve, reject) => {
      store.get(id, (error, data) => {
        if (error === null) resolve(data);
        else reject(asError(error));
      });
    });
  /** Loads a session as a request does. */
  const load = async (id: string): Promise<SessionData> => {
    const data = await get(id);
    if (data === null || data === undefined) throw new Error('expected a session');
    return store.createSession({ sessionID: id, sessionStore: store } as unknown as Request, data);
  };

  it('returns the stored session, and records the logged in user', async () => {
    await save('a', fresh(7));
    expect(await get('a')).toMatchObject({ userId: 7 });
    expect(await rows.findOneBy({ id: 'a' })).toMatchObject({ userId: 7 });
  });

  it('returns nothing for an expired session', async () => {
    await save('a', fresh());
    await rows.update({ id: 'a' }, { expiresAt: Date.now() - 1 });
    expect(await get('a')).toBeNull();
  });

  it('never restores a session that another request has destroyed', async () => {
    await save('a', fresh(7));
    const live = await load('a');
    await destroy('a');
    live.mevetoState = 'changed';
    await save('a', live);
    live.cookie.maxAge = 2 * HOUR_MS;
    await touch('a', live);
    expect(await rows.count()).toBe(0);
  });

  it('deletes expired rows and no others', async () => {
    await save('kept', fresh());
    const expired = Array.from({ length: 450 }, (_, index) => `old-${String(index)}`);
    await rows.insert(expired.map((id) => ({ id, data: '{}', userId: null, expiresAt: Date.now() - 1 })));
    await deleteExpired(rows);
    expect((await rows.find()).map(({ id }) => id)).toEqual(['kept']);
  });

  it('extends the expiry once a minute at most', async () => {
    await save('a', fresh(7));
    const before = (await rows.findOneByOrFail({ id: 'a' })).expiresAt;
    const live = await load('a');
    live.cookie.maxAge = HOUR_MS + 30_000;
    await touch('a', live);
    expect((await rows.findOneByOrFail({ id: 'a' })).expiresAt).toBe(before);
    live.cookie.maxAge = HOUR_MS + 90_000;
    await touch('a', live);
    expect((await rows.findOneByOrFail({ id: 'a' })).expiresAt).toBeGreaterThan(before + 60_000);
  });

  it('reports a database failure, but lets a request continue whose touch failed', async () => {
    await save('a', fresh());
    const live = await load('a');
    await dataSource.query('DROP TABLE sessions');
    live.cookie.maxAge = 2 * HOUR_MS;
    await expect(touch('a', live)).resolves.toBeUndefined();
    await expect(get('a')).rejects.toThrow('no such table');
  });
});
