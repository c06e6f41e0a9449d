import { afterEach, expect, it, jest } from '@jest/globals';
import { Counters } from '../../observe/counters.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import type { PusherChannels } from './pusher-channels.js';
import { PusherLivePush } from './pusher-live-push.js';
import type { ResolvedPusherOptions } from './pusher-options.js';
import type { PusherEvent } from './pusher-server.js';

afterEach(() => {
  jest.useRealTimers();
});

it('lets the pages of many users leave one after the other', async () => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
  jest.advanceTimersByTime(10_000);
  const triggerBatch = jest.fn<(events: PusherEvent[]) => Promise<void>>(() => Promise.resolve());
  const push = new PusherLivePush(
    { triggerBatch, authorizeChannel: () => ({ auth: '' }) },
    { redirectsPerSecond: 10, timeoutMs: 1_000 } as ResolvedPusherOptions,
    { allOf: (userId: string) => [`first-${userId}`, `second-${userId}`] } as unknown as PusherChannels,
    new Counters(),
    { whenLoggedOut: { redirectTo: '/login' } } as ResolvedOptions,
  );
  for (const userId of ['1', '2', '3', '4', '5', '6'])
    push.announce({ userId, loggedOutAt: 1_000, source: 'own-commit' });
  await push.close();
  const events = triggerBatch.mock.calls.flatMap(([batch]) => batch);
  expect(events).toHaveLength(12);
  const delayOf = (channel: string) =>
    (events.find((event) => event.channel === channel)?.data as { delayMs?: number }).delayMs;
  // A quarter of a second's worth at once, and then ten a second.
  expect(['1', '2', '3'].map((userId) => delayOf(`first-${userId}`))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const later = ['4', '5', '6'].map((userId) => delayOf(`first-${userId}`) ?? 0);
  for (const [index, delayMs] of later.entries()) {
    expect(delayMs).toBeGreaterThan(index * 100);
    expect(delayMs).toBeLessThanOrEqual(50 + index * 100);
    expect(delayOf(`second-${String(index + 4)}`)).toBe(delayMs);
  }
});

it('sends what waits before it stops, as far as the time allows', async () => {
  const make = (answer: () => Promise<void>) => {
    const triggerBatch = jest.fn<(events: PusherEvent[]) => Promise<void>>(answer);
    const push = new PusherLivePush(
      { triggerBatch, authorizeChannel: () => ({ auth: '' }) },
      { redirectsPerSecond: 400, timeoutMs: 1_000 } as ResolvedPusherOptions,
      { allOf: (userId: string) => [userId] } as unknown as PusherChannels,
      new Counters(),
      { whenLoggedOut: { redirectTo: '/login' } } as ResolvedOptions,
    );
    for (let userId = 0; userId < 95; userId += 1)
      push.announce({ userId: String(userId), loggedOutAt: 1_000, source: 'own-commit' });
    return { push, sent: () => triggerBatch.mock.calls.flatMap(([batch]) => batch).length };
  };
  const quick = make(() => Promise.resolve());
  await quick.push.close();
  expect(quick.sent()).toBe(95);
  const silent = make(() => new Promise(() => undefined));
  const began = performance.now();
  await silent.push.close();
  expect(performance.now() - began).toBeLessThan(3_000);
  expect(silent.sent()).toBe(40);
});
