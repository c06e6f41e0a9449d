import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { leveledLines } from '../../spec-support/log-lines.js';
import { PendingWebhooksUnavailableError } from './errors.js';
import type { JobEvents } from '../inbox/job-events.js';
import type { Counters } from '../core/counters.js';
import { keysOf } from '../core/open-keys.js';
import type { Store } from '../store/store.port.js';
import { EMPTY, FakeList, hanging, pageOf } from '../../spec-support/fake-pending-list.js';
import { reconcilerOf } from '../../spec-support/reconciler-parts.js';
import type { PendingPage } from './pending-webhooks.port.js';
import type { MevetoReconciler } from './meveto-reconciler.js';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 30);
const LEASE_MS = 10_000;

describe('MevetoReconciler', () => {
  const lines = leveledLines();
  const keys = keysOf('client', 'secret');
  let list: FakeList;
  let store: Store;
  let events: JobEvents;
  let counters: Counters;
  let arrived: number;
  let reconciler: MevetoReconciler;

  beforeEach(async () => {
    jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    list = new FakeList();
    ({ store, events, counters, reconciler } = await reconcilerOf(list, keys));
    arrived = 0;
    events.arrived$.subscribe(() => (arrived += 1));
  });
  afterEach(async () => {
    await reconciler.stop();
    jest.useRealTimers();
  });
  const pending = async () => (await store.inbox.summary()).jobs.pending;

  it('stores every page, sealed, and wakes the worker', async () => {
    list.answer = (cursor) => Promise.resolve(cursor === undefined ? pageOf('1', 'two') : pageOf('2'));
    expect(await reconciler.run()).toBe(true);
    expect(list.asked).toEqual([undefined, 'two']);
    expect(arrived).toBe(2);
    expect(counters.all()).toMatchObject({ reconcile_new_job: 2, reconcile_success: 1 });
    const jobs = await store.inbox.claim(10, 1_000);
    expect(jobs.map(({ sealed, digest }) => keys.cipher.open(sealed ?? '', digest))).toEqual([
      'token-1',
      'token-2',
    ]);
    expect(JSON.stringify(jobs)).not.toContain('token-1');
  });

  it('does not wake the worker for stored jobs', async () => {
    list.answer = () => Promise.resolve(pageOf('1'));
    await reconciler.run();
    await reconciler.run();
    expect(arrived).toBe(1);
    expect(counters.all()).toMatchObject({ reconcile_new_job: 1, reconcile_success: 2 });
  });

  it('sends one request at a time', async () => {
    const first = reconciler.run();
    expect(reconciler.run()).toBe(first);
    await first;
    expect(list.asked).toHaveLength(1);
    await reconciler.run();
    expect(list.asked).toHaveLength(2);
  });

  it('fails when a cursor repeats, and keeps the jobs of the pages', async () => {
    list.answer = (cursor) => Promise.resolve(pageOf(cursor ?? 'first', cursor === 'a' ? 'b' : 'a'));
    expect(await reconciler.run()).toBe(false);
    expect(list.asked).toEqual([undefined, 'a', 'b']);
    expect(await pending()).toBe(3);
    expect(reconciler.status()).toMatchObject({
      lastSuccessAt: undefined,
      lastFailureAt: expect.any(Number),
    });
  });

  it('does not poll while another replica holds the lease', async () => {
    await store.lease.take('reconcile', 'another replica', 1_000);
    expect(await reconciler.run()).toBe(false);
    expect(list.asked).toEqual([]);
  });

  it('stops at a page when another replica has taken the lease over', async () => {
    list.answer = async () => {
      jest.setSystemTime(Date.now() + LEASE_MS);
      await store.lease.take('reconcile', 'another replica', 60_000);
      return pageOf('1', 'two');
    };
    await reconciler.run();
    expect(list.asked).toEqual([undefined]);
    expect(await pending()).toBe(1);
    expect(await store.lease.take('reconcile', 'a third one', 1)).toBe(false);
  });

  it('keeps the jobs of earlier pages when a later page fails, and warns once', async () => {
    list.answer = (cursor) =>
      cursor === undefined
        ? Promise.resolve(pageOf('1', 'two'))
        : Promise.reject(new PendingWebhooksUnavailableError('http-500'));
    await reconciler.run();
    await reconciler.run();
    expect(await pending()).toBe(1);
    expect(counters.all()).toMatchObject({ reconcile_failure: 2, reconcile_success: 0 });
    expect(reconciler.status()).toEqual({ lastSuccessAt: undefined, lastFailureAt: NOW });
    expect(lines).toEqual([
      'warn: [MEVETO_RECONCILE_FAILED] Meveto’s list of pending webhooks could not be read (http-500). Check reconcile.path and the client’s credentials if it lasts.',
      expect.stringMatching(
        /^warn: \[MEVETO_MISSED_DELIVERIES\] 1 webhooks never arrived and were found on Meveto’s list of pending webhooks only/,
      ),
    ]);

    list.answer = () => Promise.resolve(EMPTY);
    await reconciler.run();
    expect(reconciler.status().lastSuccessAt).toBe(NOW);
  });

  it('warns with the number of entries that were not understood', async () => {
    list.answer = () => Promise.resolve({ ...EMPTY, skippedCount: 3 });
    await reconciler.run();
    expect(lines[0]).toBe(
      'warn: [MEVETO_LIST_ENTRIES_SKIPPED] 3 entries of Meveto’s list of pending webhooks were not understood and were skipped.',
    );
  });

  it('polls at start and on schedule', async () => {
    await reconciler.start();
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(4 * 60_000 + 29_000);
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(list.asked).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(5 * 60_000);
    expect(list.asked).toHaveLength(3);
  });

  it('polls again soon when another replica held the lease at start', async () => {
    await store.lease.take('reconcile', 'another replica', LEASE_MS);
    await reconciler.start();
    expect(list.asked).toEqual([]);
    await jest.advanceTimersByTimeAsync(2 * LEASE_MS);
    expect(list.asked).toHaveLength(1);
  });

  it('polls soon after a job became ambiguous, once for several jobs', async () => {
    await reconciler.start();
    events.finished('rejected');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(list.asked).toHaveLength(1);
    events.finished('ambiguous');
    events.finished('ambiguous');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(list.asked).toHaveLength(2);
  });

  it('reports the start of a complete pass, and no incomplete pass', async () => {
    const readAt: number[] = [];
    events.listRead$.subscribe((askedAt) => readAt.push(askedAt));
    list.answer = () => {
      jest.setSystemTime(NOW + 500);
      return Promise.resolve(EMPTY);
    };
    await reconciler.run();
    expect(readAt).toEqual([NOW]);
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-500'));
    await reconciler.run();
    expect(readAt).toEqual([NOW]);
  });

  it('polls once more for a job that became ambiguous during a poll', async () => {
    await reconciler.start();
    let answer: (page: PendingPage) => void = () => undefined;
    list.answer = () => new Promise((resolve) => (answer = resolve));
    const running = reconciler.run();
    await jest.advanceTimersByTimeAsync(0);
    events.finished('ambiguous');
    await jest.advanceTimersByTimeAsync(2_000);
    list.answer = () => Promise.resolve(EMPTY);
    answer(EMPTY);
    await running;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(list.asked).toHaveLength(3);
  });

  it('polls later for an ambiguous job when another replica polls at that time', async () => {
    await reconciler.start();
    await store.lease.take('reconcile', 'another replica', LEASE_MS);
    events.finished('ambiguous');
    await jest.advanceTimersByTimeAsync(2 * LEASE_MS);
    expect(list.asked).toHaveLength(2);
  });

  it('waits at most two seconds for the first answer', async () => {
    jest.useRealTimers();
    list.answer = hanging;
    const keepAlive = setInterval(() => undefined, 1_000);
    const startedAt = performance.now();
    await reconciler.start();
    const waitedMs = performance.now() - startedAt;
    clearInterval(keepAlive);
    expect(waitedMs).toBeGreaterThanOrEqual(1_990);
    expect(waitedMs).toBeLessThan(2_500);
  });

  it('starts even if the list cannot be read', async () => {
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('ECONNREFUSED'));
    await expect(reconciler.start()).resolves.toBeUndefined();
    expect(counters.all()).toMatchObject({ reconcile_failure: 1 });
  });

  it('aborts a poll on stop, without a warning, and polls no more', async () => {
    list.answer = hanging;
    const running = reconciler.run();
    await jest.advanceTimersByTimeAsync(0);
    await reconciler.stop();
    await running;
    expect(lines).toEqual([]);
    expect(await reconciler.run()).toBe(false);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(list.asked).toHaveLength(1);
  });

  it('respects the pause that Meveto asks for, and then polls', async () => {
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-429', 90_000));
    expect(await reconciler.run()).toBe(false);
    list.answer = () => Promise.resolve(EMPTY);
    expect(await reconciler.run()).toBe(false);
    await jest.advanceTimersByTimeAsync(89_000);
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(list.asked).toHaveLength(2);
  });

  it('skips a slot of the schedule in which another replica has polled', async () => {
    await reconciler.start();
    await store.lease.take('reconcile:slot', 'another replica', 300_000);
    await jest.advanceTimersByTimeAsync(270_000);
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(300_000);
    expect(list.asked).toHaveLength(2);
  });
});
