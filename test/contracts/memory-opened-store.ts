import type { ModuleRef } from '@nestjs/core';
import { memoryStore, type Store } from 'nestjs-meveto-logout';
import { Clock } from '../../libs/meveto-logout/src/model/clock.js';
import type { OpenedStore } from './opened-store.js';

class AdvancedClock extends Clock {
  aheadMs = 0;
  override now(): number {
    return Date.now() + this.aheadMs;
  }
}

/** A memory store with users and tokens in maps. Time passes by setting its clock ahead. */
export function openMemoryStore(): Promise<OpenedStore> {
  const clock = new AdvancedClock();
  const mevetoIds = new Map<number, string | null>();
  const tokens = new Map<string, { userId: number; issuedAt: number }>();
  const create = (): Store =>
    memoryStore({
      users: {
        findByMevetoId: (mevetoId) => [...mevetoIds].find(([, linked]) => linked === mevetoId)?.[0],
        hasUser: (userId) => mevetoIds.has(Number(userId)),
        clearMevetoId: (userId) => void mevetoIds.set(Number(userId), null),
        revokeAccessTokens: (userId, until) => {
          for (const [id, token] of tokens) {
            if (token.userId === Number(userId) && token.issuedAt <= until) tokens.delete(id);
          }
        },
      },
    }).create({
      moduleRef: {} as ModuleRef,
      clock,
      storeTimeoutMs: 1_000,
      digestPerson: (mevetoId) => `person-${mevetoId}`,
      earlierDigestsOfPerson: (mevetoId) => ['none', `earlier-${mevetoId}`],
    });
  let store = create();
  return Promise.resolve({
    get store() {
      return store;
    },
    addUser: (id, mevetoId) => Promise.resolve(void mevetoIds.set(id, mevetoId)),
    link: (id, mevetoId) => Promise.resolve(void mevetoIds.set(id, mevetoId)),
    mevetoIdOf: (userId) => Promise.resolve(mevetoIds.get(userId) ?? null),
    addToken: (id, userId, issuedAt) => Promise.resolve(void tokens.set(id, { userId, issuedAt })),
    liveTokens: () => Promise.resolve([...tokens.keys()].sort()),
    passTime: (ms) => Promise.resolve(void (clock.aheadMs += ms)),
    clear: () => {
      mevetoIds.clear();
      tokens.clear();
      store = create();
      return Promise.resolve();
    },
    close: () => store.close(),
  });
}
