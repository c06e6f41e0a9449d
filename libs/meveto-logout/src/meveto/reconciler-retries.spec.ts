import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PendingWebhooksUnavailableError } from './errors.js';
import type { JobEvents } from '../inbox/job-events.js';
import { keysOf } from '../core/open-keys.js';
import { EMPTY, FakeList } from '../../spec-support/fake-pending-list.js';
import { reconcilerOf } from '../../spec-support/reconciler-parts.js';
import type { MevetoReconciler } from './meveto-reconciler.js';

describe('MevetoReconciler, when the list cannot be read,', () => {
  let list: FakeList;
  let reconciler: MevetoReconciler;
  let events: JobEvents;
  beforeEach(async () => {
    jest.useFakeTimers({
      now: Date.UTC(2026, 0, 1, 12, 0, 30),
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    Logger.overrideLogger(false);
    list = new FakeList();
    ({ reconciler, events } = await reconcilerOf(list, keysOf('client', 'secret')));
  });
  afterEach(async () => {
    await reconciler.stop();
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });

  it('polls again before the next scheduled poll', async () => {
    await reconciler.start();
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-500'));
    await jest.advanceTimersByTimeAsync(4 * 60_000 + 30_000);
    expect(list.asked).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(300);
    expect(list.asked).toHaveLength(3);
    list.answer = () => Promise.resolve(EMPTY);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(list.asked).toHaveLength(4);
  });

  it('polls with growing pauses, also when a poll is under way at the next scheduled time', async () => {
    const askedAt: number[] = [];
    list.answer = async () => {
      askedAt.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 40_000));
      throw new PendingWebhooksUnavailableError('timeout');
    };
    void reconciler.start();
    await jest.advanceTimersByTimeAsync(600_000);
    const stopped = reconciler.stop();
    await jest.advanceTimersByTimeAsync(40_000);
    await stopped;
    const pauses = askedAt.slice(1).map((at, index) => at - 40_000 - (askedAt[index] ?? 0));
    expect(pauses.slice(0, 3).map(Math.round)).toEqual([250, 500, 1_000]);
    expect(Math.max(...pauses.slice(5))).toBeGreaterThan(7_000);
    expect(askedAt.length).toBeLessThan(15);
  });

  it('polls at most every five minutes after ten minutes of failure', async () => {
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-404'));
    await reconciler.run();
    await jest.advanceTimersByTimeAsync(15 * 60_000);
    const before = list.asked.length;
    await jest.advanceTimersByTimeAsync(60 * 60_000);
    expect(list.asked.length - before).toBeGreaterThanOrEqual(11);
    expect(list.asked.length - before).toBeLessThanOrEqual(13);
  });

  it('polls neither later nor more often when jobs keep becoming ambiguous', async () => {
    await reconciler.start();
    const before = list.asked.length;
    for (let count = 0; count < 20; count += 1) {
      events.finished('ambiguous');
      await jest.advanceTimersByTimeAsync(100);
    }
    expect(list.asked.length - before).toBeGreaterThanOrEqual(5);
    list.answer = () => Promise.reject(new PendingWebhooksUnavailableError('http-500'));
    await jest.advanceTimersByTimeAsync(60_000);
    const failing = list.asked.length;
    for (let count = 0; count < 60; count += 1) {
      events.finished('ambiguous');
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(list.asked.length - failing).toBeLessThan(12);
  });
});
