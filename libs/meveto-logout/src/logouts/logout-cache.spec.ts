import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AnnouncedLogout } from '../store/logout.js';
import { LogoutCache } from './logout-cache.js';

describe('LogoutCache', () => {
  let known: LogoutCache;
  let announced: AnnouncedLogout[];
  beforeEach(() => {
    jest.useFakeTimers();
    known = new LogoutCache();
    announced = [];
    known.logouts$.subscribe((logout) => announced.push(logout));
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('announces new logouts', () => {
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    known.learn({ userId: '2', loggedOutAt: 5 }, 'store');
    expect(announced).toEqual([
      { userId: '1', loggedOutAt: 10, reason: 'meveto', source: 'own-commit' },
      { userId: '2', loggedOutAt: 5, reason: 'meveto', source: 'store' },
    ]);
    expect(known.loggedOutAt('1')).toBe(10);
    expect(known.loggedOutAt('3')).toBeUndefined();
  });

  it('announces a logout once, however often it is learned', () => {
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    known.learn({ userId: '1', loggedOutAt: 9 }, 'store');
    expect(announced).toHaveLength(1);
    expect(known.loggedOutAt('1')).toBe(10);
    known.learn({ userId: '1', loggedOutAt: 11 }, 'store');
    expect(announced).toHaveLength(2);
    expect(known.loggedOutAt('1')).toBe(11);
  });

  it('knows a logout before it announces the logout', () => {
    const seen: unknown[] = [];
    known.logouts$.subscribe(({ userId }) => seen.push(known.loggedOutAt(userId)));
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(seen).toEqual([10]);
  });

  it('refuses sessions from before the commit, and announces the logout once after the commit', () => {
    known.expect({ userId: '1', loggedOutAt: 10 });
    expect(known.loggedOutAt('1')).toBe(10);
    expect(announced).toEqual([]);
    // A failed commit is retried.
    known.expect({ userId: '1', loggedOutAt: 10 });
    known.learn({ userId: '1', loggedOutAt: 9 }, 'store');
    expect(announced).toEqual([]);
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(announced).toEqual([{ userId: '1', loggedOutAt: 10, reason: 'meveto', source: 'own-commit' }]);
  });

  it('announces an expected logout as its own, even if the store reports the commit first', () => {
    known.expect({ userId: '1', loggedOutAt: 10 });
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    expect(announced).toEqual([{ userId: '1', loggedOutAt: 10, reason: 'meveto', source: 'own-commit' }]);
  });

  it('keeps the reason of the latest logout', () => {
    known.learn({ userId: '1', loggedOutAt: 10, reason: 'ban' }, 'store');
    known.learn({ userId: '1', loggedOutAt: 9, reason: 'late' }, 'store');
    expect(known.reasonOf('1')).toBe('ban');
    expect(announced).toEqual([{ userId: '1', loggedOutAt: 10, reason: 'ban', source: 'store' }]);
    known.learn({ userId: '1', loggedOutAt: 11 }, 'store');
    expect(known.reasonOf('1')).toBe('meveto');
    expect(known.reasonOf('2')).toBeUndefined();
    known.remember({ userId: '2', loggedOutAt: 12, reason: 'ban' });
    known.forgetUntil(12);
    expect([known.reasonOf('1'), known.reasonOf('2')]).toEqual([undefined, undefined]);
  });

  it('adds a logout without announcing it', () => {
    expect(known.remember({ userId: '1', loggedOutAt: 10 })).toBe(true);
    expect(known.remember({ userId: '1', loggedOutAt: 10 })).toBe(false);
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(announced).toEqual([]);
  });

  it('deletes logouts at or before a time', () => {
    for (const at of [9, 10, 11]) known.remember({ userId: String(at), loggedOutAt: at });
    known.forgetUntil(10);
    expect(['9', '10', '11'].map((userId) => known.loggedOutAt(userId))).toEqual([undefined, undefined, 11]);
  });

  it('has an infinite age before the first poll', () => {
    expect(known.ageMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes its age from the start of the latest answered poll, not from its answer', () => {
    const askedAt = performance.now();
    jest.advanceTimersByTime(300);
    known.refreshed(askedAt);
    expect(known.ageMs()).toBe(300);
    known.refreshed(askedAt - 1_000);
    expect(known.ageMs()).toBe(300);
    jest.advanceTimersByTime(700);
    expect(known.ageMs()).toBe(1_000);
  });

  it('announces nothing after complete()', () => {
    let isOver = false;
    known.logouts$.subscribe({ complete: () => (isOver = true) });
    known.complete();
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(isOver).toBe(true);
    expect(announced).toEqual([]);
  });

  it('keeps refusing sessions that began before a deleted logout', () => {
    const known = new LogoutCache();
    known.remember({ userId: '1', loggedOutAt: 5 });
    known.remember({ userId: '2', loggedOutAt: 7 });
    known.remember({ userId: '3', loggedOutAt: 9 });
    known.forgetUntil(8);
    expect(known.loggedOutAt('2')).toBeUndefined();
    expect(known.forgottenUntil).toBe(7);
  });
});
