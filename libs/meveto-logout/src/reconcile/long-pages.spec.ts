import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { StoreUnavailableError } from '../errors.js';
import type { OpenedCalls } from '../inbox/inbox.port.js';
import { LOGGED_OUT } from '../model/call.js';
import { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import type { CallStorage } from '../worker/call-storage.js';
import type { PendingCall, PendingPage } from './pending-calls.port.js';
import { Reconciler } from './reconciler.js';

describe('a long page of the pending list', () => {
  const roomForListed = jest.fn<() => Promise<number>>();
  const receiveListed = jest.fn<(calls: readonly unknown[]) => Promise<OpenedCalls>>();
  let counters: Counters;
  let reconciler: Reconciler;
  beforeEach(() => {
    roomForListed.mockReset().mockResolvedValue(10_000);
    receiveListed
      .mockReset()
      .mockImplementation((calls) => Promise.resolve({ newCount: calls.length, reopenedCount: 0 }));
    const calls = Array.from({ length: 450 }, (_, index): PendingCall => ({
      id: String(index),
      type: LOGGED_OUT,
      token: new UserToken(`token-${String(index)}`),
      createdAt: undefined,
    }));
    const page: PendingPage = { calls, skippedCount: 0, next: undefined };
    counters = new Counters();
    reconciler = new Reconciler(
      {
        lease: { take: () => Promise.resolve(true) },
        register: { now: () => Promise.resolve(0) },
      } as unknown as Store,
      { receiveListed, roomForListed } as unknown as CallStorage,
      { page: () => Promise.resolve(page) },
      new TokenVault('client', 'secret'),
      new CallEvents(),
      counters,
      { doesExist: () => false } as unknown as SchedulerRegistry,
      { exchange: { timeoutMs: 5_000 }, storeTimeoutMs: 50 } as ResolvedOptions,
    );
  });
  afterEach(() => reconciler.stop());
  const sizes = () => receiveListed.mock.calls.map(([each]) => each.length);
  const failAfter = (ms: number) => {
    receiveListed.mockImplementationOnce(async () => {
      await delay(ms);
      throw new StoreUnavailableError('store pending calls');
    });
  };

  it('is stored in pieces', async () => {
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 200, 50]);
    expect(counters.all()).toMatchObject({ reconcile_new_call: 450 });
  });

  it('is stored in smaller pieces once one was not done in time, as where the database is far away', async () => {
    failAfter(60);
    expect(await reconciler.run()).toBe(false);
    failAfter(60);
    expect(await reconciler.run()).toBe(false);
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 100, ...Array<number>(9).fill(50)]);
  });

  it('is stored in pieces of the same size after a store that refused at once', async () => {
    failAfter(0);
    expect(await reconciler.run()).toBe(false);
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 200, 200, 50]);
  });

  it('is stored as far as there is room, and counts as not read until the rest of it is stored', async () => {
    roomForListed.mockResolvedValueOnce(300).mockResolvedValueOnce(100).mockResolvedValueOnce(0);
    expect(await reconciler.run()).toBe(false);
    expect(sizes()).toEqual([200, 100]);
    expect(counters.all()).toMatchObject({ reconcile_failure: 1 });
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 100, 200, 200, 50]);
  });
});
