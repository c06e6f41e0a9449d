import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { storeEvents } from './events.js';
import { OrderedTimes } from './ordered-times.js';

const T = Date.UTC(2026, 0, 1);

/** What the store's engine does. */
function warnOfClock(): (behindMs: number) => void {
  const events = loggedEvents();
  return (behindMs) => {
    events.emit(storeEvents.MEVETO_STORE_CLOCK_BEHIND, { behindMs });
  };
}

describe('ordered times', () => {
  const warn = linesOf('warn');
  let times: OrderedTimes;
  beforeEach(() => {
    times = new OrderedTimes(warnOfClock());
  });

  it('follow the clock, and stay unchanged while the clock is behind', () => {
    expect(times.present(T)).toBe(T);
    expect(times.present(T - 30_000)).toBe(T);
    expect(times.ofLogout(T - 20_000)).toBe(T);
    expect(times.ofReceipt(T - 10_000)).toBe(T);
    expect(times.present(T + 1)).toBe(T + 1);
  });

  it('date a login after the latest receipt or logout, but not after earlier logins', () => {
    expect(times.ofLogin(T)).toBe(T);
    expect(times.ofLogin(T)).toBe(T);
    times.ofReceipt(T);
    expect(times.ofLogin(T)).toBe(T + 1);
    expect(times.ofLogin(T)).toBe(T + 1);
    times.learnEvent(T + 5);
    expect(times.ofLogin(T)).toBe(T + 6);
    expect(times.ofReceipt(T)).toBe(T + 6);
  });

  it('keep the time of the authentication for a login, unless it lies in the future', () => {
    times.ofReceipt(T);
    expect(times.ofLogin(T, T - 10, T - 5)).toBe(T - 5);
    expect(times.ofLogin(T, T - 10, T)).toBe(T);
    expect(times.ofLogin(T, T - 10, T + 60_000)).toBe(T + 1);
  });

  it('date a login after the last logout of its user', () => {
    expect(times.ofLogin(T, T)).toBe(T + 1);
  });

  it('date a listed webhook by its creation at Meveto, and never later than now', () => {
    expect(times.ofReceipt(T, T - 60_000)).toBe(T - 60_000);
    expect(times.ofReceipt(T, T + 60_000)).toBe(T);
  });

  describe('for a listed webhook created before the end of a step back', () => {
    beforeEach(() => {
      // Time passes in the store's clock only.
      jest.spyOn(performance, 'now').mockReturnValue(1);
      times.sees(T);
      times.sees(T - 30_000);
    });
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('add the size of the step, up to the end of the step', () => {
      for (const clock of [T - 20_000, T + 100_000]) {
        times.sees(clock);
        expect(times.ofReceipt(clock, T - 40_000)).toBe(T - 10_000);
        expect(times.ofReceipt(clock, T - 30_000)).toBe(T);
        expect(times.ofReceipt(clock, T)).toBe(T);
      }
      expect(times.ofReceipt(T + 100_000, T + 1)).toBe(T + 1);
    });

    it('add the size of the larger step after a second, smaller one', () => {
      for (const clock of [T + 100_000, T + 98_000, T + 200_000]) times.sees(clock);
      expect(times.ofReceipt(T + 200_000, T - 30_000)).toBe(T);
      expect(times.ofReceipt(T + 200_000, T + 99_000)).toBe(T + 100_000);
      expect(times.ofReceipt(T + 200_000, T + 100_001)).toBe(T + 100_001);
    });

    it('add the size of a step that another process has published', () => {
      const other = new OrderedTimes(warnOfClock());
      other.sees(T - 20_000);
      const nothing = { until: 0, byMs: 0 };
      const published = times.unpublished(T - 20_000, nothing);
      expect(published).toEqual({ until: T, byMs: 30_000 });
      other.learnStepBack(published ?? nothing);
      expect(other.ofReceipt(T - 20_000, T - 40_000)).toBe(T - 10_000);
      expect(other.unpublished(T - 20_000, { until: T, byMs: 30_000 })).toBeUndefined();
      expect(other.ofLogin(T - 20_000)).toBe(T + 1);
      expect(other.unpublished(T - 20_000, { until: T, byMs: 30_000 })).toEqual({
        until: T + 1,
        byMs: 30_000,
      });
      expect(times.unpublished(T + 1, nothing)).toBeUndefined();
    });
  });

  it('do not count a late answer as a step back', () => {
    const now = jest.spyOn(performance, 'now');
    try {
      now.mockReturnValue(10_000);
      times.sees(T + 1_500);
      // Requested together with the first reading, but read by the store 1.5 s earlier.
      times.sees(T, 8_500);
      expect(warn).not.toHaveBeenCalled();
      expect(times.ofReceipt(T + 1_600, T - 1_000)).toBe(T - 1_000);
      expect(times.ofReceipt(T + 1_600, T + 500)).toBe(T + 500);
      // Five seconds later the clock is 3.5 s behind.
      now.mockReturnValue(15_000);
      times.sees(T + 3_000, 14_900);
      expect(times.ofReceipt(T + 3_000, T - 1_000)).toBe(T + 2_500);
    } finally {
      now.mockRestore();
    }
  });

  it('date a listed webhook by its creation while they are ahead of a clock that was not set back', () => {
    for (let count = 0; count < 2_000; count += 1) {
      times.ofReceipt(T);
      times.ofLogin(T);
    }
    expect(times.present(T)).toBe(T + 2_000);
    expect(times.ofReceipt(T, T)).toBe(T);
  });

  it('equal the clock for times to live after a step back of a second or more', () => {
    times.sees(T);
    expect(times.clock(T - 999)).toBe(T);
    expect(times.clock(T - 1_000)).toBe(T - 1_000);
  });

  it('warn once about a step back, with its size', () => {
    times.sees(T);
    times.sees(T - 999);
    expect(warn).not.toHaveBeenCalled();
    times.sees(T - 30_000);
    times.sees(T - 40_000);
    times.sees(T + 1);
    times.sees(T - 50_000);
    expect(warn.mock.calls.map(([line]) => String(line))).toEqual([
      expect.stringContaining(
        '[MEVETO_STORE_CLOCK_BEHIND] The store’s clock is 30 s behind the latest time that this process has seen.',
      ),
    ]);
  });
});
