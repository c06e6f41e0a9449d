import { loggedEvents } from '../../../spec-support/told-events.js';
import { afterEach, expect, it, jest } from '@jest/globals';
import { leveledLines } from '../../../spec-support/log-lines.js';
import { StoreUnavailableError } from '../../store/errors.js';
import { Counters } from '../../core/counters.js';
import type { PusherChannels } from './pusher-channels.js';
import { PusherLivePush } from './pusher-live-push.js';
import type { ResolvedPusherOptions } from './pusher-options.js';
import type { PusherEvent } from './pusher-server.js';
import type { ResolvedGuard } from '../../guard/options.js';

const lines = leveledLines();
afterEach(() => {
  jest.useRealTimers();
});

it('spreads the redirects of many users over time', async () => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
  jest.advanceTimersByTime(10_000);
  const triggerBatch = jest.fn<(events: PusherEvent[]) => Promise<void>>(() => Promise.resolve());
  const push = new PusherLivePush(
    { triggerBatch, authorizeChannel: () => ({ auth: '' }) },
    { redirectsPerSecond: 10, timeoutMs: 1_000 } as ResolvedPusherOptions,
    { of: (userId: string) => Promise.resolve(`channel-${userId}`) } as unknown as PusherChannels,
    loggedEvents(),
    { whenLoggedOut: { redirectTo: '/login' } } as ResolvedGuard,
  );
  for (const userId of ['1', '2', '3', '4', '5', '6'])
    push.announce({ userId, loggedOutAt: 1_000, reason: 'meveto', source: 'own-commit' });
  await push.close();
  const events = triggerBatch.mock.calls.flatMap(([batch]) => batch);
  expect(events).toHaveLength(6);
  const delayOf = (channel: string) =>
    (events.find((event) => event.channel === channel)?.data as { delayMs?: number }).delayMs;
  // A burst of a quarter of a second, and then ten per second.
  expect(['1', '2', '3'].map((userId) => delayOf(`channel-${userId}`))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const later = ['4', '5', '6'].map((userId) => delayOf(`channel-${userId}`) ?? 0);
  for (const [index, delayMs] of later.entries()) {
    expect(delayMs).toBeGreaterThan(index * 100);
    expect(delayMs).toBeLessThanOrEqual(50 + index * 100);
  }
});

it('sends the waiting notices before it stops, within the time limit', async () => {
  const make = (answer: () => Promise<void>) => {
    const triggerBatch = jest.fn<(events: PusherEvent[]) => Promise<void>>(answer);
    const push = new PusherLivePush(
      { triggerBatch, authorizeChannel: () => ({ auth: '' }) },
      { redirectsPerSecond: 400, timeoutMs: 1_300 } as ResolvedPusherOptions,
      { of: (userId: string) => Promise.resolve(userId) } as unknown as PusherChannels,
      loggedEvents(),
      { whenLoggedOut: { redirectTo: '/login' } } as ResolvedGuard,
    );
    for (let userId = 0; userId < 95; userId += 1)
      push.announce({ userId: String(userId), loggedOutAt: 1_000, reason: 'meveto', source: 'own-commit' });
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

it('retries when the key of the channel names cannot be read, and logs the reason once', async () => {
  let resolvePublished: (events: PusherEvent[]) => void = () => undefined;
  const published = new Promise<PusherEvent[]>((resolve) => (resolvePublished = resolve));
  const triggerBatch = (events: PusherEvent[]) => {
    resolvePublished(events);
    return Promise.resolve();
  };
  const of = jest.fn<(userId: string) => Promise<string>>();
  of.mockRejectedValueOnce(new StoreUnavailableError('read a key')).mockResolvedValue('channel');
  const counters = new Counters();
  const push = new PusherLivePush(
    { triggerBatch, authorizeChannel: () => ({ auth: '' }) },
    { redirectsPerSecond: 400, timeoutMs: 1_300 } as ResolvedPusherOptions,
    { of } as unknown as PusherChannels,
    loggedEvents(counters),
    { whenLoggedOut: { redirectTo: '/login' } } as ResolvedGuard,
  );
  push.announce({ userId: '1', loggedOutAt: 1_000, reason: 'meveto', source: 'own-commit' });
  expect(await published).toMatchObject([{ channel: 'channel', name: 'logged-out' }]);
  await push.close();
  expect(counters.all()).toMatchObject({ live_push_sent: 1, live_push_failed: 0 });
  expect(of).toHaveBeenCalledTimes(2);
  expect(lines).toEqual([
    expect.stringMatching(
      /^warn: \[MEVETO_PUSHER_UNAVAILABLE\] .*the store with the key of the channel names does not answer/,
    ),
    'log: [MEVETO_PUSHER_RECOVERED] Pusher answers again.',
  ]);
});
