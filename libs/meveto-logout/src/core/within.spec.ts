import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { waitAtMost, within } from './within.js';

const LATE = new Error('late');
const never = () => new Promise<never>(() => undefined);
const tooLate = jest.fn(() => LATE);

beforeEach(() => {
  tooLate.mockClear();
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('within', () => {
  it('resolves or rejects like the work in time, and leaves no timer', async () => {
    await expect(within(100, Promise.resolve(7), tooLate)).resolves.toBe(7);
    await expect(within(100, Promise.reject(new Error('own')), tooLate)).rejects.toThrow('own');
    expect([jest.getTimerCount(), tooLate.mock.calls.length]).toEqual([0, 0]);
  });

  it.each([true, false])(
    'rejects with an error that is created at the deadline, and not before: %p',
    async (keepsProcess) => {
      const outcome = jest.fn();
      within(100, never(), tooLate, keepsProcess).catch(outcome);
      await jest.advanceTimersByTimeAsync(99);
      expect([outcome.mock.calls.length, tooLate.mock.calls.length]).toEqual([0, 0]);
      await jest.advanceTimersByTimeAsync(1);
      expect([outcome.mock.calls, tooLate.mock.calls.length]).toEqual([[[LATE]], 1]);
    },
  );

  it('drops a later failure of the work', async () => {
    let fail: ((error: Error) => void) | undefined;
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const outcome = expect(within(100, work, tooLate)).rejects.toBe(LATE);
    await jest.advanceTimersByTimeAsync(100);
    await outcome;
    // An unhandled rejection would end the process of the test.
    fail?.(new Error('later'));
    await jest.advanceTimersByTimeAsync(1);
  });

  it('keeps the process alive until the deadline, unless keepsProcess is false', () => {
    const timers: NodeJS.Timeout[] = [];
    jest.useRealTimers();
    const spy = jest.spyOn(globalThis, 'setTimeout');
    for (const keepsProcess of [true, false])
      within(5, never(), tooLate, keepsProcess).catch(() => undefined);
    void waitAtMost(5, never());
    for (const { value } of spy.mock.results) timers.push(value as NodeJS.Timeout);
    spy.mockRestore();
    expect(timers.map((timer) => timer.hasRef())).toEqual([true, false, false]);
  });
});

describe('waitAtMost', () => {
  it('ends with the work, and leaves no timer', async () => {
    await expect(waitAtMost(100, Promise.resolve(7))).resolves.toBeUndefined();
    await expect(waitAtMost(100, Promise.reject(new Error('own')))).rejects.toThrow('own');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends with the time, and not before', async () => {
    const ended = jest.fn();
    void waitAtMost(100, never()).then(ended);
    await jest.advanceTimersByTimeAsync(99);
    expect(ended).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledTimes(1);
  });
});
