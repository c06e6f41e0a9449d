import type { ModuleRef } from '@nestjs/core';
import type { Database } from 'better-sqlite3';
import { memoryStore, type Store, typeOrmStore } from 'nestjs-meveto-logout';
import { Clock } from '../../libs/meveto-logout/src/model/clock.js';
import { connectHost, contextOf } from '../contracts/typeorm-opened-store.js';
import { AccessToken, storeMapping, User } from '../support/host-app.js';

/** A clock that stands still until it is set. */
export class SetClock extends Clock {
  constructor(public at: number) {
    super();
  }

  override now(): number {
    return this.at;
  }
}

/** A store whose clock is set by the test, with two users, and their access tokens beside it. */
export interface ClockedStore {
  readonly store: Store;
  readonly clock: SetClock;
  addToken(id: string, user: number, issuedAt: number): Promise<void>;
  /** Ids of the access tokens that are not revoked. */
  liveTokens(): Promise<ReadonlySet<string>>;
}

/** Gives an empty store for each history. */
export interface ClockedStores {
  empty(): Promise<ClockedStore>;
  close(): Promise<void>;
}

/** Later than any clock of a machine that runs this. */
const START = Date.UTC(2100, 0, 1);
export const USERS = [1, 2] as const;
export const mevetoIdOf = (userId: number): string => `m-${String(userId)}`;
export const userIdOf = (user: number): number => USERS[user % USERS.length] ?? USERS[0];

export const memoryStores: ClockedStores = {
  empty: () => {
    const clock = new SetClock(START);
    const tokens = new Map<string, { userId: number; issuedAt: number }>();
    const store = memoryStore({
      users: {
        findByMevetoId: (mevetoId) => USERS.find((userId) => mevetoIdOf(userId) === mevetoId),
        revokeAccessTokens: (userId, until) => {
          for (const [id, token] of tokens) {
            if (String(token.userId) === userId && token.issuedAt <= until) tokens.delete(id);
          }
        },
      },
    }).create({
      clock,
      moduleRef: {} as ModuleRef,
      storeTimeoutMs: 1_000,
      digestPerson: (mevetoId) => `person-${mevetoId}`,
    });
    return Promise.resolve({
      store,
      clock,
      addToken: (id, user, issuedAt) =>
        Promise.resolve(void tokens.set(id, { userId: userIdOf(user), issuedAt })),
      liveTokens: () => Promise.resolve(new Set(tokens.keys())),
    });
  },
  close: () => Promise.resolve(),
};

/** SQLite in memory: its function for the time is replaced by one that reads the test's clock. */
export async function sqliteStores(): Promise<ClockedStores> {
  const dataSource = await connectHost({ type: 'better-sqlite3', database: ':memory:' });
  const store = typeOrmStore(storeMapping).create(contextOf(dataSource));
  const clock = new SetClock(START);
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: Database };
  databaseConnection.function('unixepoch', () => clock.now() / 1_000);
  databaseConnection.function('unixepoch', { varargs: true }, () => clock.now() / 1_000);
  await store.connect();
  const tokens = dataSource.getRepository(AccessToken);
  const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
  return {
    empty: async () => {
      clock.at = START;
      for (const table of tables) await dataSource.query(`DELETE FROM ${table}`);
      const users = dataSource.getRepository(User);
      await users.insert(USERS.map((id) => ({ id, mevetoId: mevetoIdOf(id) })));
      return {
        store,
        clock,
        addToken: async (id, user, issuedAt) => {
          await tokens.insert({ id, userId: userIdOf(user), signedInAt: issuedAt });
        },
        liveTokens: async () =>
          new Set((await tokens.find()).filter(({ revokedAt }) => revokedAt === null).map(({ id }) => id)),
      };
    },
    close: async () => {
      await store.close();
      await dataSource.destroy();
    },
  };
}
