import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { StoreUnavailableError } from '../errors.js';
import { Clock } from '../model/clock.js';
import type { AnnouncedLogout, Logout } from '../model/logout.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import type { LogoutsSince } from './logout-register.port.js';
import { KnownLogouts } from './known-logouts.js';
import { LogoutRefresher } from './logout-refresher.js';

const NOW = Date.UTC(2026, 0, 1);
const options = { refreshIntervalMs: 1_000, maxSessionAgeMs: 86_400_000 } as ResolvedOptions;

class FixedClock extends Clock {
  override now(): number {
    return NOW;
  }
}

/** The part of a store that is asked, with what it answers. */
class FakeRegister {
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

describe('the refresh of logouts', () => {
  const warn = jest.fn();
  let register: FakeRegister;
  let known: KnownLogouts;
  let announced: AnnouncedLogout[];
  let refresher: LogoutRefresher;
  beforeEach(() => {
    jest.useFakeTimers({ now: NOW });
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
    register = new FakeRegister();
    known = new KnownLogouts();
    announced = [];
    known.logouts$.subscribe((logout) => announced.push(logout));
    refresher = new LogoutRefresher({ register } as unknown as Store, known, new FixedClock(), options);
  });
  afterEach(() => {
    refresher.stop();
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });

  it('learns until when logouts were forgotten, at start and from then on', async () => {
    register.forgottenUntil = 7;
    await refresher.start();
    expect(known.forgottenUntil).toBe(7);
    register.forgottenUntil = 9;
    await jest.advanceTimersByTimeAsync(options.refreshIntervalMs);
    expect(known.forgottenUntil).toBe(9);
    register.forgottenUntil = 8;
    await jest.advanceTimersByTimeAsync(options.refreshIntervalMs);
    expect(known.forgottenUntil).toBe(9);
  });

  it('loads everything at start, and announces nothing that is long past', async () => {
    register.logouts = [{ userId: '1', loggedOutAt: 5 }];
    await refresher.start();
    expect(register.asked).toEqual([0]);
    expect(known.loggedOutAt('1')).toBe(5);
    expect(known.ageMs()).toBe(0);
    expect(announced).toEqual([]);
  });

  it('does not start when the store cannot be read', async () => {
    register.isAway = true;
    await expect(refresher.start()).rejects.toThrow(StoreUnavailableError);
    expect(known.ageMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('asks at its interval for what is new since the last answer, and announces it', async () => {
    await refresher.start();
    const loggedOutAt = NOW - 5_000;
    register.logouts = [{ userId: '2', loggedOutAt }];
    await jest.advanceTimersByTimeAsync(999);
    expect(register.asked).toEqual([0]);
    await jest.advanceTimersByTimeAsync(1);
    expect(announced).toEqual([{ userId: '2', loggedOutAt, source: 'store' }]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(register.asked).toEqual([0, 101, 102]);
    expect(announced).toHaveLength(1);
  });

  it('says once that the store is away, grows old meanwhile, and goes on where it was', async () => {
    await refresher.start();
    register.isAway = true;
    await jest.advanceTimersByTimeAsync(3_000);
    expect(register.asked).toEqual([0, 101, 101, 101]);
    expect(known.ageMs()).toBe(3_000);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toBe(
      'Logouts of other replicas cannot be read: the store is not available.',
    );

    register.isAway = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(known.ageMs()).toBe(0);
    register.isAway = true;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('does not count the time of an answer as knowledge', async () => {
    await refresher.start();
    let answer: (since: LogoutsSince) => void = () => undefined;
    register.committedSince = () => new Promise((resolve) => (answer = resolve));
    await jest.advanceTimersByTimeAsync(1_400);
    answer({ logouts: [], forgottenUntil: 0, asOf: 200 });
    await jest.advanceTimersByTimeAsync(0);
    expect(known.ageMs()).toBe(400);
  });

  it('asks one question at a time', async () => {
    await refresher.start();
    const asking = jest.fn(() => new Promise<never>(() => undefined));
    register.committedSince = asking;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asking).toHaveBeenCalledTimes(1);
  });

  it('forgets logouts that no session can be older than, once a minute', async () => {
    await refresher.start();
    const until = NOW - options.maxSessionAgeMs - 60_000;
    known.remember({ userId: 'old', loggedOutAt: until });
    known.remember({ userId: 'young', loggedOutAt: until + 1 });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(register.forgot).toEqual([[until, 500]]);
    expect(known.loggedOutAt('old')).toBeUndefined();
    expect(known.loggedOutAt('young')).toBe(until + 1);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(register.forgot).toHaveLength(2);
  });

  it('asks no more once it was stopped, also in the middle of a question', async () => {
    await refresher.start();
    await jest.advanceTimersByTimeAsync(1_000);
    refresher.stop();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(register.asked).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('goes back further once a minute, for commits that were held up on their way', async () => {
    await refresher.start();
    register.committedSince = (asOf) => {
      register.asked.push(asOf);
      return Promise.resolve({ logouts: [], forgottenUntil: 0, asOf: NOW });
    };
    await jest.advanceTimersByTimeAsync(120_000);
    const long = register.asked.slice(2).filter((asOf) => asOf < NOW);
    expect(long).toEqual([NOW - 600_000, NOW - 600_000]);
  });
});
