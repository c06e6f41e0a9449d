import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AnnouncedLogout } from '../model/logout.js';
import { KnownLogouts } from './known-logouts.js';

describe('known logouts', () => {
  let known: KnownLogouts;
  let announced: AnnouncedLogout[];
  beforeEach(() => {
    jest.useFakeTimers();
    known = new KnownLogouts();
    announced = [];
    known.logouts$.subscribe((logout) => announced.push(logout));
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are announced when they are news', () => {
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    known.learn({ userId: '2', loggedOutAt: 5 }, 'store');
    expect(announced).toEqual([
      { userId: '1', loggedOutAt: 10, source: 'own-commit' },
      { userId: '2', loggedOutAt: 5, source: 'store' },
    ]);
    expect(known.loggedOutAt('1')).toBe(10);
    expect(known.loggedOutAt('3')).toBeUndefined();
  });

  it('are announced once, however often they are heard of', () => {
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    known.learn({ userId: '1', loggedOutAt: 9 }, 'store');
    expect(announced).toHaveLength(1);
    expect(known.loggedOutAt('1')).toBe(10);
    known.learn({ userId: '1', loggedOutAt: 11 }, 'store');
    expect(announced).toHaveLength(2);
    expect(known.loggedOutAt('1')).toBe(11);
  });

  it('are known before they are announced', () => {
    const seen: unknown[] = [];
    known.logouts$.subscribe(({ userId }) => seen.push(known.loggedOutAt(userId)));
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(seen).toEqual([10]);
  });

  it('are refused from before their commit, and announced once after it', () => {
    known.expect({ userId: '1', loggedOutAt: 10 });
    expect(known.loggedOutAt('1')).toBe(10);
    expect(announced).toEqual([]);
    // A commit that failed is tried again.
    known.expect({ userId: '1', loggedOutAt: 10 });
    known.learn({ userId: '1', loggedOutAt: 9 }, 'store');
    expect(announced).toEqual([]);
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(announced).toEqual([{ userId: '1', loggedOutAt: 10, source: 'own-commit' }]);
  });

  it('are this process’s own when it expected them, also where the store tells of the commit first', () => {
    known.expect({ userId: '1', loggedOutAt: 10 });
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    known.learn({ userId: '1', loggedOutAt: 10 }, 'own-commit');
    expect(announced).toEqual([{ userId: '1', loggedOutAt: 10, source: 'own-commit' }]);
  });

  it('can be remembered without being announced', () => {
    expect(known.remember({ userId: '1', loggedOutAt: 10 })).toBe(true);
    expect(known.remember({ userId: '1', loggedOutAt: 10 })).toBe(false);
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(announced).toEqual([]);
  });

  it('are forgotten at or before a time', () => {
    for (const at of [9, 10, 11]) known.remember({ userId: String(at), loggedOutAt: at });
    known.forgetUntil(10);
    expect(['9', '10', '11'].map((userId) => known.loggedOutAt(userId))).toEqual([undefined, undefined, 11]);
  });

  it('are infinitely old before the store was asked', () => {
    expect(known.ageMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('are as old as the latest question that was answered, not as its answer', () => {
    const askedAt = performance.now();
    jest.advanceTimersByTime(300);
    known.refreshed(askedAt);
    expect(known.ageMs()).toBe(300);
    known.refreshed(askedAt - 1_000);
    expect(known.ageMs()).toBe(300);
    jest.advanceTimersByTime(700);
    expect(known.ageMs()).toBe(1_000);
  });

  it('are announced no more at the end', () => {
    let isOver = false;
    known.logouts$.subscribe({ complete: () => (isOver = true) });
    known.complete();
    known.learn({ userId: '1', loggedOutAt: 10 }, 'store');
    expect(isOver).toBe(true);
    expect(announced).toEqual([]);
  });
});
