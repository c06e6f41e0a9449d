import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PendingCallsUnavailableError } from '../errors.js';
import type { CallEvents } from '../observe/call-events.js';
import type { Counters } from '../observe/counters.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { FakeList, pageOf } from '../../../../test/support/fake-pending-list.js';
import { reconcilerOf } from '../../../../test/support/reconciler-parts.js';
import type { Reconciler } from './reconciler.js';

const MINUTE_MS = 60_000;
const LAST = 15;
const numberOf = (cursor: string | undefined) => Number(cursor ?? '1');
const pageAt = (cursor: string | undefined) => {
  const page = numberOf(cursor);
  return pageOf(`id-${String(page)}`, page < LAST ? String(page + 1) : undefined);
};
const failed = (reason: string, retryAfterMs?: number) =>
  Promise.reject(new PendingCallsUnavailableError(reason, retryAfterMs));

describe('a list that is broken off before its end', () => {
  let list: FakeList;
  let reconciler: Reconciler;
  let events: CallEvents;
  let counters: Counters;
  let store: Store;
  beforeEach(() => {
    jest.useFakeTimers({
      now: Date.UTC(2026, 0, 1, 12, 0, 30),
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    Logger.overrideLogger(false);
    list = new FakeList();
    ({ reconciler, events, counters, store } = reconcilerOf(list, new TokenVault('client', 'secret')));
  });
  afterEach(async () => {
    const stopped = reconciler.stop();
    await jest.advanceTimersByTimeAsync(1_000);
    await stopped;
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });
  const askedPages = () => list.asked.map(numberOf);
  const pagesTo = (last: number, first = 1) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const pending = async () => (await store.inbox.summary()).calls.pending;
  /** Meveto lets so many pages be asked for in a minute. */
  const limitTo = (perMinute: number): void => {
    let minute = -1;
    let count = 0;
    list.answer = (cursor) => {
      const now = Math.floor(Date.now() / MINUTE_MS);
      count = now === minute ? count + 1 : 1;
      minute = now;
      if (count > perMinute) return failed('http-429', MINUTE_MS - (Date.now() % MINUTE_MS));
      return Promise.resolve(pageAt(cursor));
    };
  };

  it('is read to its end when Meveto lets fewer pages be asked for at a time', async () => {
    limitTo(10);
    const readAt: number[] = [];
    events.listRead$.subscribe((askedAt) => readAt.push(askedAt));
    const begunAt = Date.now();
    await reconciler.start();
    expect(askedPages()).toEqual(pagesTo(11));
    expect(reconciler.status().lastSuccessAt).toBeUndefined();
    await jest.advanceTimersByTimeAsync(31_000);
    expect(askedPages()).toEqual([...pagesTo(11), ...pagesTo(LAST, 11)]);
    expect(await pending()).toBe(LAST);
    expect(reconciler.status().lastSuccessAt).toBeGreaterThan(begunAt);
    expect(counters.all()).toMatchObject({ reconcile_success: 1, reconcile_gap: LAST });
    // What it says is as old as its first page.
    expect(readAt).toEqual([begunAt]);
  });

  it('is read from its beginning once it has been read to its end', async () => {
    limitTo(10);
    await reconciler.start();
    await jest.advanceTimersByTimeAsync(31_000);
    const before = list.asked.length;
    await jest.advanceTimersByTimeAsync(5 * MINUTE_MS);
    expect(askedPages()[before]).toBe(1);
  });

  it('is read anew at once when there was a reason to ask since its beginning', async () => {
    limitTo(10);
    await reconciler.start();
    events.ended('ambiguous', 'digest');
    await jest.advanceTimersByTimeAsync(31_000);
    expect(askedPages().slice(11)).toEqual([...pagesTo(LAST, 11), ...pagesTo(6)]);
  });

  it('goes on from a page that failed by itself, and begins anew when that fails again', async () => {
    let isBad = true;
    list.answer = (cursor) => {
      const isFailing = isBad && cursor === '3';
      return isFailing ? failed('http-410') : Promise.resolve(pageAt(cursor));
    };
    await reconciler.start();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(askedPages().slice(0, 8)).toEqual([1, 2, 3, 3, 1, 2, 3, 3]);
    isBad = false;
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await pending()).toBe(LAST);
    // Counted when they were found, whatever became of the rest.
    expect(counters.all().reconcile_gap).toBe(LAST);
  });

  it('is read from its beginning again when a page is held back for good', async () => {
    list.answer = (cursor) => (cursor === '3' ? failed('http-503', 5_000) : Promise.resolve(pageAt(cursor)));
    await reconciler.start();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(askedPages().slice(0, 8)).toEqual([1, 2, 3, 3, 3, 1, 2, 3]);
    list.answer = (cursor) =>
      cursor === '3'
        ? failed('http-503', 5_000)
        : Promise.resolve(cursor === undefined ? pageOf('new', '2') : pageAt(cursor));
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await pending()).toBe(3);
  });

  it('is read from its beginning again when it was begun an hour ago', async () => {
    list.answer = (cursor) => {
      const page = numberOf(cursor);
      // A page in each turn, and then it is told to wait for ten minutes.
      return list.asked.length % 2 === 0
        ? failed('http-429', 600_000)
        : Promise.resolve(pageAt(String(page)));
    };
    await reconciler.start();
    await jest.advanceTimersByTimeAsync(75 * MINUTE_MS);
    const pages = askedPages();
    expect(pages.indexOf(1, 1)).toBeGreaterThan(8);
    expect(Math.max(...pages)).toBeLessThan(10);
  });

  it('is broken off for good when it has no end', async () => {
    list.answer = (cursor) => Promise.resolve(pageOf(cursor ?? '0', cursor === '2' ? '1' : '2'));
    await reconciler.run();
    const before = list.asked.length;
    await reconciler.run();
    expect(list.asked[before]).toBeUndefined();
  });
});
