import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PendingCallsUnavailableError } from '../errors.js';
import type { CallEvents } from '../observe/call-events.js';
import type { Counters } from '../observe/counters.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { EMPTY, FakeList, hanging, pageOf } from '../../../../test/support/fake-pending-list.js';
import { reconcilerOf } from '../../../../test/support/reconciler-parts.js';
import type { PendingPage } from './pending-calls.port.js';
import type { Reconciler } from './reconciler.js';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 30);
const LEASE_MS = 10_000;

describe('the reconciler', () => {
  const warn = jest.fn();
  const vault = new TokenVault('client', 'secret');
  let list: FakeList;
  let store: Store;
  let events: CallEvents;
  let counters: Counters;
  let arrived: number;
  let reconciler: Reconciler;

  beforeEach(() => {
    jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
    list = new FakeList();
    ({ store, events, counters, reconciler } = reconcilerOf(list, vault));
    arrived = 0;
    events.arrived$.subscribe(() => (arrived += 1));
  });
  afterEach(async () => {
    await reconciler.stop();
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });
  const pending = async () => (await store.inbox.summary()).calls.pending;

  it('stores every page, sealed, and wakes the worker', async () => {
    list.answer = (cursor) => Promise.resolve(cursor === undefined ? pageOf('1', 'two') : pageOf('2'));
    expect(await reconciler.run()).toBe(true);
    expect(list.asked).toEqual([undefined, 'two']);
    expect(arrived).toBe(2);
    expect(counters.all()).toMatchObject({ reconcile_new_call: 2, reconcile_success: 1 });
    const calls = await store.inbox.claim(10, 1_000);
    expect(calls.map(({ sealed, digest }) => vault.open(sealed ?? '', digest))).toEqual([
      'token-1',
      'token-2',
    ]);
    expect(JSON.stringify(calls)).not.toContain('token-1');
  });

  it('wakes nobody for calls that are known', async () => {
    list.answer = () => Promise.resolve(pageOf('1'));
    await reconciler.run();
    await reconciler.run();
    expect(arrived).toBe(1);
    expect(counters.all()).toMatchObject({ reconcile_new_call: 1, reconcile_success: 2 });
  });

  it('asks one question at a time', async () => {
    const first = reconciler.run();
    expect(reconciler.run()).toBe(first);
    await first;
    expect(list.asked).toHaveLength(1);
    await reconciler.run();
    expect(list.asked).toHaveLength(2);
  });

  it('has failed when a cursor comes back, and keeps what the pages named', async () => {
    list.answer = (cursor) => Promise.resolve(pageOf(cursor ?? 'first', cursor === 'a' ? 'b' : 'a'));
    expect(await reconciler.run()).toBe(false);
    expect(list.asked).toEqual([undefined, 'a', 'b']);
    expect(await pending()).toBe(3);
    expect(reconciler.status()).toMatchObject({
      lastSuccessAt: undefined,
      lastFailureAt: expect.any(Number),
    });
  });

  it('leaves the list to the replica that holds the lease', async () => {
    await store.lease.take('reconcile', 'another replica', 1_000);
    expect(await reconciler.run()).toBe(false);
    expect(list.asked).toEqual([]);
  });

  it('stops at a page when another replica took the lease over', async () => {
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

  it('keeps what earlier pages gave when a later one fails, and says so once', async () => {
    list.answer = (cursor) =>
      cursor === undefined
        ? Promise.resolve(pageOf('1', 'two'))
        : Promise.reject(new PendingCallsUnavailableError('http-500'));
    await reconciler.run();
    await reconciler.run();
    expect(await pending()).toBe(1);
    expect(counters.all()).toMatchObject({ reconcile_failure: 2, reconcile_success: 0 });
    expect(reconciler.status()).toEqual({ lastSuccessAt: undefined, lastFailureAt: NOW });
    expect(warn.mock.calls.map(([text]) => text as string)).toEqual([
      'Meveto’s pending list could not be read (http-500). Check reconcile.path and the client’s credentials if it lasts.',
      expect.stringMatching(/^1 calls were found on Meveto’s pending list only/),
    ]);

    list.answer = () => Promise.resolve(EMPTY);
    await reconciler.run();
    expect(reconciler.status().lastSuccessAt).toBe(NOW);
  });

  it('says how many entries it did not understand', async () => {
    list.answer = () => Promise.resolve({ ...EMPTY, skippedCount: 3 });
    await reconciler.run();
    expect(warn.mock.calls[0]?.[0]).toBe(
      '3 entries of Meveto’s pending list were not understood and left out.',
    );
  });

  it('asks at start, and on schedule', async () => {
    await reconciler.start();
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(4 * 60_000 + 29_000);
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(list.asked).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(5 * 60_000);
    expect(list.asked).toHaveLength(3);
  });

  it('tries again soon when another replica held the lease at start: it may have died', async () => {
    await store.lease.take('reconcile', 'another replica', LEASE_MS);
    await reconciler.start();
    expect(list.asked).toEqual([]);
    await jest.advanceTimersByTimeAsync(2 * LEASE_MS);
    expect(list.asked).toHaveLength(1);
  });

  it('asks soon after a call became ambiguous, once for many', async () => {
    await reconciler.start();
    events.ended('rejected');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(list.asked).toHaveLength(1);
    events.ended('ambiguous');
    events.ended('ambiguous');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(list.asked).toHaveLength(2);
  });

  it('says when a list was asked for that was read to its end, and of no other', async () => {
    const readAt: number[] = [];
    events.listRead$.subscribe((askedAt) => readAt.push(askedAt));
    list.answer = () => {
      jest.setSystemTime(NOW + 500);
      return Promise.resolve(EMPTY);
    };
    await reconciler.run();
    expect(readAt).toEqual([NOW]);
    list.answer = () => Promise.reject(new PendingCallsUnavailableError('http-500'));
    await reconciler.run();
    expect(readAt).toEqual([NOW]);
  });

  it('asks once more for a call that became ambiguous while a question was on its way', async () => {
    await reconciler.start();
    let answer: (page: PendingPage) => void = () => undefined;
    list.answer = () => new Promise((resolve) => (answer = resolve));
    const running = reconciler.run();
    await jest.advanceTimersByTimeAsync(0);
    events.ended('ambiguous');
    await jest.advanceTimersByTimeAsync(2_000);
    list.answer = () => Promise.resolve(EMPTY);
    answer(EMPTY);
    await running;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(list.asked).toHaveLength(3);
  });

  it('asks for an ambiguous call later when another replica was asking just then', async () => {
    await reconciler.start();
    await store.lease.take('reconcile', 'another replica', LEASE_MS);
    events.ended('ambiguous');
    await jest.advanceTimersByTimeAsync(2 * LEASE_MS);
    expect(list.asked).toHaveLength(2);
  });

  it('waits two seconds at most for the first answer', async () => {
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

  it('starts although the list cannot be read', async () => {
    list.answer = () => Promise.reject(new PendingCallsUnavailableError('ECONNREFUSED'));
    await expect(reconciler.start()).resolves.toBeUndefined();
    expect(counters.all()).toMatchObject({ reconcile_failure: 1 });
  });

  it('breaks off a question when it is stopped, without a complaint, and asks no more', async () => {
    list.answer = hanging;
    const running = reconciler.run();
    await jest.advanceTimersByTimeAsync(0);
    await reconciler.stop();
    await running;
    expect(warn).not.toHaveBeenCalled();
    expect(await reconciler.run()).toBe(false);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(list.asked).toHaveLength(1);
  });

  it('keeps to what Meveto says of when to come back, and then asks by itself', async () => {
    list.answer = () => Promise.reject(new PendingCallsUnavailableError('http-429', 90_000));
    expect(await reconciler.run()).toBe(false);
    list.answer = () => Promise.resolve(EMPTY);
    expect(await reconciler.run()).toBe(false);
    await jest.advanceTimersByTimeAsync(89_000);
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(list.asked).toHaveLength(2);
  });

  it('leaves a slot of the schedule out that another replica has asked in', async () => {
    await reconciler.start();
    await store.lease.take('reconcile:slot', 'another replica', 300_000);
    await jest.advanceTimersByTimeAsync(270_000);
    expect(list.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(300_000);
    expect(list.asked).toHaveLength(2);
  });
});
