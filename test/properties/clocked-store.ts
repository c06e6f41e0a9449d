import type { ModuleRef } from '@nestjs/core';
import type { Store } from 'nestjs-meveto-logout';
import { memoryStore, type MemoryStore } from 'nestjs-meveto-logout/testing';

/** A store whose clock is set by the test, with two users and their access tokens. */
export interface ClockedStore {
  readonly store: Store;
  readonly memory: MemoryStore;
  /** Does not advance until it is set. */
  readonly clock: { at: number; now(): number };
}

/** Later than the clock of any machine that runs the test. */
const START = Date.UTC(2100, 0, 1);
export const USERS = [1, 2] as const;
export const mevetoIdOf = (userId: number): string => `m-${String(userId)}`;
export const userIdOf = (user: number): number => USERS[user % USERS.length] ?? USERS[0];

/** An empty store. */
export async function clockedStore(): Promise<ClockedStore> {
  const clock = { at: START, now: () => clock.at };
  const memory = memoryStore({ users: USERS.map((id) => ({ id, mevetoId: mevetoIdOf(id) })), clock });
  const store = memory.create({
    moduleRef: {} as ModuleRef,
    storeTimeoutMs: 1_000,
    digestSubject: (mevetoId) => `subject-${mevetoId}`,
  });
  await store.connect();
  return { store, memory, clock };
}
