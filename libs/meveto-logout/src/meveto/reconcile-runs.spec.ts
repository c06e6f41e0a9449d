import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FakeList, hanging } from '../../spec-support/fake-pending-list.js';
import { reconcilerOf, reconcilerOn } from '../../spec-support/reconciler-parts.js';
import { PendingWebhooksUnavailableError } from './errors.js';
import { StoreUnavailableError } from '../store/errors.js';
import { keysOf } from '../core/open-keys.js';
import type { Store } from '../store/store.port.js';
import type { MevetoReconciler } from './meveto-reconciler.js';

const LEASE_MS = 10_000;

describe('the lease of the reconciler', () => {
  let list: FakeList;
  let store: Store;
  let reconciler: MevetoReconciler;

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    Logger.overrideLogger(false);
    list = new FakeList();
    ({ store, reconciler } = await reconcilerOf(list, keysOf('client', 'secret')));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await reconciler.stop();
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });

  it('is released at the end of a poll', async () => {
    await reconciler.run();
    expect(await store.lease.take('reconcile', 'another replica', 1_000)).toBe(true);
  });

  it('is released when a stop aborts a poll', async () => {
    list.answer = hanging;
    const running = reconciler.run();
    await jest.advanceTimersByTimeAsync(0);
    expect(await store.lease.take('reconcile', 'another replica', 1)).toBe(false);
    await reconciler.stop();
    expect(await running).toBe(false);
    expect(await store.lease.take('reconcile', 'another replica', 1)).toBe(true);
  });

  it('is kept after a failed poll, and released by a stop', async () => {
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-500'));
    await reconciler.run();
    expect(await store.lease.take('reconcile', 'another replica', 1)).toBe(false);
    await reconciler.stop();
    expect(await store.lease.take('reconcile', 'another replica', 1)).toBe(true);
  });

  it('is not released by a stop when another replica holds it', async () => {
    await store.lease.take('reconcile', 'another replica', LEASE_MS);
    await reconciler.run();
    await reconciler.stop();
    expect(await store.lease.take('reconcile', 'a third one', 1)).toBe(false);
  });

  it('does not delay a stop when the store cannot release it', async () => {
    list.answer = hanging;
    const running = reconciler.run();
    await jest.advanceTimersByTimeAsync(0);
    jest.spyOn(store.lease, 'take').mockRejectedValue(new StoreUnavailableError('take a lease'));
    await expect(reconciler.stop()).resolves.toBeUndefined();
    expect(await running).toBe(false);
  });

  it('is taken for whole milliseconds, also when the schedule is late', async () => {
    const take = jest.spyOn(store.lease, 'take');
    const now = store.logoutStore.now.bind(store.logoutStore);
    jest.spyOn(store.logoutStore, 'now').mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 7));
      return now();
    });
    void reconciler.start();
    await jest.advanceTimersByTimeAsync(600_000);
    const durations = take.mock.calls.filter(([name]) => name === 'reconcile:slot').map(([, , ms]) => ms);
    expect(durations.filter((ms) => ms > 0)).toHaveLength(2);
    expect(durations.filter((ms) => !Number.isInteger(ms))).toEqual([]);
  });

  it('is taken by no replica during a pause that Meveto asks for, also after a restart', async () => {
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-429', 90_000.5));
    await reconciler.run();
    await reconciler.stop();
    const other = reconcilerOn(store, list, keysOf('client', 'secret')).reconciler;
    await jest.advanceTimersByTimeAsync(80_000);
    expect(await other.run()).toBe(false);
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(11_000);
    await other.run();
    await other.stop();
    expect(list.asked).toHaveLength(2);
  });

  it('is free for this process at the end of a pause that was stored late', async () => {
    const askedAt: number[] = [];
    list.answer = () => {
      askedAt.push(performance.now());
      return Promise.reject(new PendingWebhooksUnavailableError('http-429', 40_000));
    };
    const take = store.lease.take.bind(store.lease);
    jest.spyOn(store.lease, 'take').mockImplementation(async (name, holder, durationMs) => {
      if (name === 'reconcile:pause' && durationMs > 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
      return take(name, holder, durationMs);
    });
    void reconciler.run();
    await jest.advanceTimersByTimeAsync(170_000);
    const pauses = askedAt.slice(1).map((at, index) => Math.round(at - (askedAt[index] ?? 0)));
    expect(pauses).toHaveLength(4);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(40_000);
    expect(Math.max(...pauses)).toBeLessThan(40_200);
  });

  it('is not affected when a pause cannot be stored', async () => {
    const take = store.lease.take.bind(store.lease);
    jest
      .spyOn(store.lease, 'take')
      .mockImplementation((name, holder, durationMs) =>
        name === 'reconcile:pause' && durationMs > 0
          ? Promise.reject(new StoreUnavailableError('take a lease'))
          : take(name, holder, durationMs),
      );
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-429', 90_000));
    expect(await reconciler.run()).toBe(false);
    await jest.advanceTimersByTimeAsync(80_000);
    expect(await reconciler.run()).toBe(false);
    expect(list.asked).toHaveLength(1);
  });
});
