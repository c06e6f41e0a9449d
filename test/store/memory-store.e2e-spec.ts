import * as jest from '@jest/globals';
import { Test } from '@nestjs/testing';
import { bearerToken, MevetoLogoutModule, MevetoLogoutService } from 'nestjs-meveto-logout';
import { memoryStore, type MemoryStore, storeContract } from 'nestjs-meveto-logout/testing';
import { openMemoryStore } from '../contracts/memory-opened-store.js';
import { CLIENT_ID, CLIENT_SECRET } from '../support/hosts/host-app.js';

const { afterEach, describe, expect, it } = jest;

storeContract(jest, 'the memory store', openMemoryStore);

describe('applications with a memory store', () => {
  const apps: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  async function start(store: MemoryStore) {
    const module = MevetoLogoutModule.forRoot({
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      apiUrl: 'http://127.0.0.1:9',
      session: bearerToken({ verify: () => undefined }),
      store,
    });
    const testing = await Test.createTestingModule({ imports: [module] }).compile();
    const app = await testing.createNestApplication().init();
    apps.push(app);
    return { app, service: app.get(MevetoLogoutService) };
  }

  it('share its data, also when one of them closes or another one starts', async () => {
    const store = memoryStore({ users: [{ id: 7, mevetoId: 'm-7' }] });
    const [first, second] = [await start(store), await start(store)];
    const { signedInAt } = await first.service.recordLogin(7);
    await store.addToken({ id: 'before', userId: 7, issuedAt: signedInAt });
    await first.app.close();
    const { loggedOutAt } = await second.service.logOut('7');
    expect(await store.user('7')).toEqual({
      id: '7',
      mevetoId: 'm-7',
      lastLoggedIn: signedInAt,
      lastLoggedOut: loggedOutAt,
    });
    expect(await store.tokens(7)).toEqual([]);
    await second.app.close();
    const third = await start(store);
    expect(third.service.sessionState({ userId: 7, signedInAt })).toBe('logged-out');
  });

  it('follow the links that a test sets and removes', async () => {
    const store = memoryStore();
    await start(store);
    await store.setUser({ id: 'a' });
    await store.link('a', 'm-1');
    expect(await store.user('a')).toMatchObject({ mevetoId: 'm-1', lastLoggedOut: null });
    await store.unlink('a');
    expect(await store.user('a')).toMatchObject({ mevetoId: null });
    expect(await store.user('b')).toBeUndefined();
    await expect(store.link('b', 'm-1')).rejects.toMatchObject({ code: 'ERR_MEVETO_UNKNOWN_USER' });
  });

  it('do not start when two users have one Meveto ID', async () => {
    const store = memoryStore({
      users: [
        { id: 1, mevetoId: 'm-1' },
        { id: 2, mevetoId: 'm-1' },
      ],
    });
    await expect(start(store)).rejects.toMatchObject({
      faults: [
        'store.users: SqliteError: UNIQUE constraint failed: users.meveto_id. Each user needs an id and a Meveto ID of its own.',
      ],
    });
  });
});
