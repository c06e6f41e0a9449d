import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { Counters } from '../core/counters.js';
import type { SessionRequest } from './session-reader.port.js';
import { ReaderAudit } from './reader-audit.js';

const MINUTE_MS = 60_000;
const COOKIE = { cookie: 'sid=1' };

const http = (headers: SessionRequest['headers']): SessionRequest => ({ headers });

const session = (userId: number) => ({ userId, signedInAt: 1 });

const warn = linesOf('warn');
const countUsers = jest.fn<(userIds: readonly string[]) => Promise<number>>();
let counters: Counters;
let watch: ReaderAudit;
beforeEach(() => {
  jest.useFakeTimers();
  countUsers.mockReset();
  counters = new Counters();
  watch = new ReaderAudit(countUsers, counters, loggedEvents(counters));
});
afterEach(() => {
  watch.onApplicationShutdown();
  jest.useRealTimers();
});

describe('ReaderAudit, for requests without a session,', () => {
  const come = (count: number, requestOf: () => SessionRequest | undefined): void => {
    for (let i = 0; i < count; i += 1) watch.guarded(requestOf);
  };
  const unseen = [
    [
      expect.stringContaining('[MEVETO_NO_SESSION_FOUND] No session reader has found a session'),
      'MevetoLogout',
    ],
  ];

  it.each([
    ['cookies', () => http(COOKIE)],
    ['Authorization headers', () => http({ authorization: 'Bearer a' })],
  ])('warns once after ten minutes and a thousand requests with %s', (_what, requestOf) => {
    come(1_000, requestOf);
    jest.advanceTimersByTime(10 * MINUTE_MS - 1);
    come(10, requestOf);
    expect(warn).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    come(10, requestOf);
    expect(warn.mock.calls).toEqual(unseen);
  });

  it('warns after a thousand requests if ten minutes have passed before', () => {
    jest.advanceTimersByTime(20 * MINUTE_MS);
    come(1_000, () => http(COOKIE));
    expect(warn).not.toHaveBeenCalled();
    come(1, () => http(COOKIE));
    expect(warn.mock.calls).toEqual(unseen);
  });

  it.each<[string, () => SessionRequest | undefined]>([
    ['carry neither a cookie nor an Authorization header', () => http({})],
    ['are messages', () => undefined],
  ])('does not warn of requests that %s', (_why, requestOf) => {
    jest.advanceTimersByTime(20 * MINUTE_MS);
    come(3_000, requestOf);
    expect(warn).not.toHaveBeenCalled();
  });

  it('counts a request once for any number of guarded GraphQL fields', () => {
    jest.advanceTimersByTime(20 * MINUTE_MS);
    const request = { headers: COOKIE };
    come(3_000, () => request);
    expect(warn).not.toHaveBeenCalled();
  });

  it('does not warn after a session was read', () => {
    come(500, () => http(COOKIE));
    watch.read([session(7)]);
    jest.advanceTimersByTime(20 * MINUTE_MS);
    come(3_000, () => http(COOKIE));
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('ReaderAudit, for the users of the first sessions,', () => {
  const readHundred = (): void => {
    for (let i = 0; i < 100; i += 1) watch.read([session(i % 3)]);
  };
  const unknown = [
    [expect.stringContaining('[MEVETO_USERS_NOT_IN_STORE] The store has no user'), 'MevetoLogout'],
  ];

  it('looks them up once after a hundred sessions, and not during a request', async () => {
    countUsers.mockResolvedValue(1);
    for (let i = 0; i < 99; i += 1) watch.read([session(i % 3)]);
    await jest.runAllTimersAsync();
    expect(countUsers).not.toHaveBeenCalled();
    watch.read([session(3)]);
    expect(countUsers).not.toHaveBeenCalled();
    await jest.runAllTimersAsync();
    readHundred();
    await jest.runAllTimersAsync();
    expect(countUsers.mock.calls).toEqual([[['0', '1', '2', '3']]]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('warns if the store knows none of them', async () => {
    countUsers.mockResolvedValue(0);
    readHundred();
    await jest.runAllTimersAsync();
    expect(warn.mock.calls).toEqual(unknown);
  });

  it('looks them up again a minute later if the store is unavailable, ten times at most', async () => {
    countUsers.mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce(0);
    readHundred();
    await jest.advanceTimersByTimeAsync(MINUTE_MS - 1);
    expect(countUsers).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(1);
    expect([countUsers.mock.calls.length, warn.mock.calls]).toEqual([2, unknown]);

    watch = new ReaderAudit(countUsers, counters, loggedEvents(counters));
    countUsers.mockReset().mockRejectedValue(new Error('away'));
    warn.mockClear();
    readHundred();
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect([countUsers.mock.calls.length, warn.mock.calls]).toEqual([10, []]);
  });

  it('does not look them up after the application stops', async () => {
    countUsers.mockRejectedValue(new Error('closed'));
    readHundred();
    await jest.advanceTimersByTimeAsync(0);
    watch.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(countUsers).toHaveBeenCalledTimes(1);
  });

  it('counts the sessions that were read', () => {
    watch.read([session(1), session(2)]);
    watch.read([session(1)]);
    expect(counters.all().guard_sessions_read).toBe(3);
  });
});
