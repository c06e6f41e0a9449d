import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { StoreUnavailableError } from '../store/errors.js';
import type { OpenedJobs } from '../store/inbox-jobs.js';
import { LOGOUT, UserToken } from '../store/job.js';
import { JobEvents } from '../inbox/job-events.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { Counters } from '../core/counters.js';
import { KeyedDigest } from '../core/keyed-digest.js';
import type { Store } from '../store/store.port.js';
import type { TokenStorage } from '../inbox/token-storage.js';
import type { PendingWebhook, PendingPage } from './pending-webhooks.port.js';
import { MevetoReconciler } from './meveto-reconciler.js';
import type { ResolvedMeveto } from './resolve-meveto.js';
import type { ResolvedStore } from '../store/options.js';

describe('a long page of the list of pending webhooks', () => {
  const roomForListed = jest.fn<() => Promise<number>>();
  const storeListed = jest.fn<(jobs: readonly unknown[]) => Promise<OpenedJobs>>();
  let counters: Counters;
  let reconciler: MevetoReconciler;
  beforeEach(() => {
    roomForListed.mockReset().mockResolvedValue(10_000);
    storeListed
      .mockReset()
      .mockImplementation((jobs) => Promise.resolve({ newCount: jobs.length, reopenedCount: 0 }));
    const webhooks = Array.from({ length: 450 }, (_, index): PendingWebhook => ({
      id: String(index),
      kind: LOGOUT,
      token: new UserToken(`token-${String(index)}`),
      createdAt: undefined,
    }));
    const page: PendingPage = { webhooks, skippedCount: 0, next: undefined };
    counters = new Counters();
    reconciler = new MevetoReconciler(
      {
        lease: { take: () => Promise.resolve(true) },
        logoutStore: { now: () => Promise.resolve(0) },
      } as unknown as Store,
      { storeListed, roomForListed } as unknown as TokenStorage,
      { page: () => Promise.resolve(page) },
      new KeyedDigest('client', 'secret'),
      new JobEvents(),
      loggedEvents(counters),
      { doesExist: () => false } as unknown as SchedulerRegistry,
      { exchange: { timeoutMs: 5_000 } } as ResolvedMeveto,
      { storeTimeoutMs: 50 } as ResolvedStore,
    );
  });
  afterEach(() => reconciler.stop());
  const sizes = () => storeListed.mock.calls.map(([each]) => each.length);
  const failAfter = (ms: number) => {
    storeListed.mockImplementationOnce(async () => {
      await delay(ms);
      throw new StoreUnavailableError('store listed webhooks');
    });
  };

  it('is stored in batches', async () => {
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 200, 50]);
    expect(counters.all()).toMatchObject({ reconcile_new_job: 450 });
  });

  it('is stored in smaller batches after a batch that did not finish in time', async () => {
    failAfter(60);
    expect(await reconciler.run()).toBe(false);
    failAfter(60);
    expect(await reconciler.run()).toBe(false);
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 100, ...Array<number>(9).fill(50)]);
  });

  it('is stored in batches of the same size after the store failed at once', async () => {
    failAfter(0);
    expect(await reconciler.run()).toBe(false);
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 200, 200, 50]);
  });

  it('is stored as far as there is room, and counts as unread until the rest is stored', async () => {
    roomForListed.mockResolvedValueOnce(300).mockResolvedValueOnce(100).mockResolvedValueOnce(0);
    expect(await reconciler.run()).toBe(false);
    expect(sizes()).toEqual([200, 100]);
    expect(counters.all()).toMatchObject({ reconcile_failure: 1 });
    expect(await reconciler.run()).toBe(true);
    expect(sizes()).toEqual([200, 100, 200, 200, 50]);
  });
});
