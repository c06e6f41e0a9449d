import type { ModuleRef } from '@nestjs/core';
import type { Store } from 'nestjs-meveto-logout';
import { memoryStore, type MemoryStore } from 'nestjs-meveto-logout/testing';
import type { OpenedStore } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';

/** A memory store for the contract of stores. `passTime` sets its clock ahead. */
export async function openMemoryStore(): Promise<OpenedStore> {
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs };
  const userIds = new Set<number>();
  let memory: MemoryStore;
  let store: Store;
  const start = async (): Promise<void> => {
    store = memory.create({
      moduleRef: {} as ModuleRef,
      storeTimeoutMs: 1_000,
      digestSubject: (mevetoId) => `subject-${mevetoId}`,
      earlierDigestsOfSubject: (mevetoId) => ['none', `earlier-${mevetoId}`],
    });
    await store.connect();
  };
  const clear = (): Promise<void> => {
    aheadMs = 0;
    userIds.clear();
    memory = memoryStore({ clock });
    return start();
  };
  await clear();
  return {
    get store() {
      return store;
    },
    addUser: (id, mevetoId) => {
      userIds.add(id);
      return memory.setUser({ id, mevetoId });
    },
    link: (userId, mevetoId) => (mevetoId === null ? memory.unlink(userId) : memory.link(userId, mevetoId)),
    mevetoIdOf: async (userId) => (await memory.user(userId))?.mevetoId ?? null,
    addToken: (id, userId, issuedAt) => memory.addToken({ id, userId, issuedAt }),
    liveTokens: async () =>
      (await Promise.all([...userIds].map((userId) => memory.tokens(userId)))).flat().sort(),
    passTime: (ms) => Promise.resolve(void (aheadMs += ms)),
    stepClock: (ms) => void (aheadMs += ms),
    restart: async () => {
      await store.close();
      await start();
    },
    clear,
    close: () => store.close(),
  };
}
