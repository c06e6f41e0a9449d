import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PendingWebhooksUnavailableError } from './errors.js';
import type { JobEvents } from '../inbox/job-events.js';
import type { Counters } from '../core/counters.js';
import { keysOf } from '../core/open-keys.js';
import type { Store } from '../store/store.port.js';
import { FakeList, pageOf } from '../../spec-support/fake-pending-list.js';
import { reconcilerOf } from '../../spec-support/reconciler-parts.js';
import type { MevetoReconciler } from './meveto-reconciler.js';

const MINUTE_MS = 60_000;
const LAST = 15;
const numberOf = (cursor: string | undefined) => Number(cursor ?? '1');
const pageAt = (cursor: string | undefined) => {
  const page = numberOf(cursor);
  return pageOf(`id-${String(page)}`, page < LAST ? String(page + 1) : undefined);
};
const failed = (reason: string, retryAfterMs?: number) =>
  Promise.reject(new PendingWebhooksUnavailableError(reason, retryAfterMs));

describe('a list that is not read to its end in one run', () => {
  let list: FakeList;
  let reconciler: MevetoReconciler;
  let events: JobEvents;
  let counters: Counters;
  let store: Store;
  beforeEach(async () => {
    jest.useFakeTimers({
      now: Date.UTC(2026, 0, 1, 12, 0, 30),
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    Logger.overrideLogger(false);
    list = new FakeList();
    ({ reconciler, events, counters, store } = await reconcilerOf(list, keysOf('client', 'secret')));
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
  const pending = async () => (await store.inbox.summary()).jobs.pending;
  /** Limits the number of pages that Meveto answers per minute. */
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

  it('is read to its end over several runs when Meveto limits the number of pages per minute', async () => {
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
    expect(counters.all()).toMatchObject({ reconcile_success: 1, reconcile_missed_delivery: LAST });
    // The age of the list is the age of its first page.
    expect(readAt).toEqual([begunAt]);
  });

  it('is read from its first page after a complete pass', async () => {
    limitTo(10);
    await reconciler.start();
    await jest.advanceTimersByTimeAsync(31_000);
    const before = list.asked.length;
    await jest.advanceTimersByTimeAsync(5 * MINUTE_MS);
    expect(askedPages()[before]).toBe(1);
  });

  it('is read again at once when a trigger came during the pass', async () => {
    limitTo(10);
    await reconciler.start();
    events.finished('ambiguous', 'digest');
    await jest.advanceTimersByTimeAsync(31_000);
    expect(askedPages().slice(11)).toEqual([...pagesTo(LAST, 11), ...pagesTo(6)]);
  });

  it('resumes at a page that failed, and starts again when that page fails again', async () => {
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
    // Missed deliveries count when they are found, even if later pages fail.
    expect(counters.all().reconcile_missed_delivery).toBe(LAST);
  });

  it('is read from its first page again when Meveto keeps refusing a page with Retry-After', async () => {
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

  it('is read from its first page again when the pass began an hour ago', async () => {
    list.answer = (cursor) => {
      const page = numberOf(cursor);
      // Each run reads one page. Then Meveto asks for a pause of ten minutes.
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

  it('is not resumed when it has no end', async () => {
    list.answer = (cursor) => Promise.resolve(pageOf(cursor ?? '0', cursor === '2' ? '1' : '2'));
    await reconciler.run();
    const before = list.asked.length;
    await reconciler.run();
    expect(list.asked[before]).toBeUndefined();
  });
});
