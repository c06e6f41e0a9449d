import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { leveledLines } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { StoreUnavailableError } from '../store/errors.js';
import { Clock } from '../core/clock.js';
import type { AnnouncedLogout, Logout, LogoutsSince } from '../store/logout.js';
import type { Store } from '../store/store.port.js';
import { LogoutCache } from './logout-cache.js';
import { LogoutPoller } from './logout-poller.js';
import type { ResolvedLogouts } from './options.js';

const NOW = Date.UTC(2026, 0, 1);
const options = { pollIntervalMs: 1_000, maxSessionAgeMs: 86_400_000 } as ResolvedLogouts;

class FixedClock extends Clock {
  override now(): number {
    return NOW;
  }
}

/** The polled part of a store, with its answers. */
class FakeLogoutStore {
  logouts: readonly Logout[] = [];
  forgottenUntil = 0;
  isAway = false;
  readonly asked: number[] = [];
  readonly forgot: (readonly [number, number])[] = [];
  #asOf = 100;

  committedSince(asOf: number) {
    this.asked.push(asOf);
    if (this.isAway) return Promise.reject(new StoreUnavailableError('read logouts'));
    this.#asOf += 1;
    return Promise.resolve({
      logouts: this.logouts,
      forgottenUntil: this.forgottenUntil,
      asOf: this.#asOf,
    });
  }

  forgetUntil(loggedOutAt: number, limit: number) {
    this.forgot.push([loggedOutAt, limit]);
    return Promise.resolve();
  }
}

describe('LogoutPoller', () => {
  const lines = leveledLines();
  let logoutStore: FakeLogoutStore;
  let known: LogoutCache;
  let announced: AnnouncedLogout[];
  let poller: LogoutPoller;
  beforeEach(() => {
    jest.useFakeTimers({ now: NOW });
    logoutStore = new FakeLogoutStore();
    known = new LogoutCache();
    announced = [];
    known.logouts$.subscribe((logout) => announced.push(logout));
    poller = new LogoutPoller(
      { logoutStore } as unknown as Store,
      known,
      new FixedClock(),
      options,
      loggedEvents(),
    );
  });
  afterEach(() => {
    poller.stop();
    jest.useRealTimers();
  });

  it('learns up to which time logouts were deleted, at start and at every poll', async () => {
    logoutStore.forgottenUntil = 7;
    await poller.start();
    expect(known.forgottenUntil).toBe(7);
    logoutStore.forgottenUntil = 9;
    await jest.advanceTimersByTimeAsync(options.pollIntervalMs);
    expect(known.forgottenUntil).toBe(9);
    logoutStore.forgottenUntil = 8;
    await jest.advanceTimersByTimeAsync(options.pollIntervalMs);
    expect(known.forgottenUntil).toBe(9);
  });

  it('loads all logouts at start, and does not announce them', async () => {
    logoutStore.logouts = [{ userId: '1', loggedOutAt: 5 }];
    await poller.start();
    expect(logoutStore.asked).toEqual([0]);
    expect(known.loggedOutAt('1')).toBe(5);
    expect(known.ageMs()).toBe(0);
    expect(announced).toEqual([]);
  });

  it('fails to start when the store cannot be read', async () => {
    logoutStore.isAway = true;
    await expect(poller.start()).rejects.toThrow(StoreUnavailableError);
    expect(known.ageMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('polls at its interval for logouts since the last answer, and announces them', async () => {
    await poller.start();
    const loggedOutAt = NOW - 5_000;
    logoutStore.logouts = [{ userId: '2', loggedOutAt }];
    await jest.advanceTimersByTimeAsync(999);
    expect(logoutStore.asked).toEqual([0]);
    await jest.advanceTimersByTimeAsync(1);
    expect(announced).toEqual([{ userId: '2', loggedOutAt, reason: 'meveto', source: 'store' }]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(logoutStore.asked).toEqual([0, 101, 102]);
    expect(announced).toHaveLength(1);
  });

  it('logs once that the store does not answer, lets the age grow, and continues where it was', async () => {
    await poller.start();
    logoutStore.isAway = true;
    await jest.advanceTimersByTimeAsync(3_000);
    expect(logoutStore.asked).toEqual([0, 101, 101, 101]);
    expect(known.ageMs()).toBe(3_000);
    const failed =
      'warn: [MEVETO_LOGOUT_POLL_FAILED] Logouts of other replicas cannot be read: the store is not available.';
    expect(lines).toEqual([failed]);

    logoutStore.isAway = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(known.ageMs()).toBe(0);
    logoutStore.isAway = true;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(lines).toEqual([
      failed,
      'log: [MEVETO_LOGOUT_POLL_RECOVERED] Logouts of other replicas can be read again.',
      failed,
    ]);
  });

  it('takes the age from the start of a poll, not from its answer', async () => {
    await poller.start();
    let answer: (since: LogoutsSince) => void = () => undefined;
    logoutStore.committedSince = () => new Promise((resolve) => (answer = resolve));
    await jest.advanceTimersByTimeAsync(1_400);
    answer({ logouts: [], forgottenUntil: 0, asOf: 200 });
    await jest.advanceTimersByTimeAsync(0);
    expect(known.ageMs()).toBe(400);
  });

  it('sends one poll at a time', async () => {
    await poller.start();
    const asking = jest.fn(() => new Promise<never>(() => undefined));
    logoutStore.committedSince = asking;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asking).toHaveBeenCalledTimes(1);
  });

  it('deletes logouts older than any session, once a minute', async () => {
    await poller.start();
    const until = NOW - options.maxSessionAgeMs - 60_000;
    known.remember({ userId: 'old', loggedOutAt: until });
    known.remember({ userId: 'young', loggedOutAt: until + 1 });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(logoutStore.forgot).toEqual([[until, 500]]);
    expect(known.loggedOutAt('old')).toBeUndefined();
    expect(known.loggedOutAt('young')).toBe(until + 1);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(logoutStore.forgot).toHaveLength(2);
  });

  it('reports logouts that cannot be deleted, and keeps polling: the poll itself has succeeded', async () => {
    await poller.start();
    const refuse = jest.fn(() => Promise.reject(new Error('refused')));
    logoutStore.forgetUntil = refuse;
    await jest.advanceTimersByTimeAsync(60_000);
    const notDeleted =
      'warn: [MEVETO_LOGOUTS_NOT_DELETED] Logouts that are older than any session could not be deleted: the store refused or did not answer.';
    expect(lines).toEqual([notDeleted]);
    expect(known.ageMs()).toBe(0);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(refuse).toHaveBeenCalledTimes(2);
    expect(lines).toEqual([notDeleted]);
  });

  it('stops polling when it is stopped, also during a poll', async () => {
    await poller.start();
    await jest.advanceTimersByTimeAsync(1_000);
    poller.stop();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(logoutStore.asked).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('looks further back once a minute, for delayed commits', async () => {
    await poller.start();
    logoutStore.committedSince = (asOf) => {
      logoutStore.asked.push(asOf);
      return Promise.resolve({ logouts: [], forgottenUntil: 0, asOf: NOW });
    };
    await jest.advanceTimersByTimeAsync(120_000);
    const long = logoutStore.asked.slice(2).filter((asOf) => asOf < NOW);
    expect(long).toEqual([NOW - 600_000, NOW - 600_000]);
  });
});
