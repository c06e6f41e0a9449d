import { describe, expect, it } from '@jest/globals';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('runs with the machine’s clock, ahead by the time that a test has advanced', async () => {
    const clock = new FakeClock();
    await clock.advance(3_600_000);
    const aheadMs = clock.now() - Date.now();
    expect(aheadMs).toBeGreaterThan(3_599_000);
    expect(aheadMs).toBeLessThanOrEqual(3_600_000);
  });

  it('ends pauses in their order, at their time, and awaits what follows each', async () => {
    const clock = new FakeClock();
    const startedAt = clock.now();
    const seen: [string, number][] = [];
    const note = (name: string) => {
      seen.push([name, Math.round((clock.now() - startedAt) / 1_000)]);
    };
    clock.after(20_000, () => {
      note('second');
    });
    clock.after(10_000, async () => {
      await new Promise(setImmediate);
      note('first');
      clock.after(5_000, () => {
        note('between');
      });
    });
    clock.after(31_000, () => {
      note('too late');
    });
    await clock.advance(30_000);
    expect(seen).toEqual([
      ['first', 10],
      ['between', 15],
      ['second', 20],
    ]);
  });

  it('does not end a cancelled pause', async () => {
    const clock = new FakeClock();
    let isOver = false;
    const cancel = clock.after(10, () => {
      isOver = true;
    });
    cancel();
    await clock.advance(20);
    expect(isOver).toBe(false);
  });

  it.each([-1, Number.NaN])('refuses to advance by %p', async (milliseconds) => {
    await expect(new FakeClock().advance(milliseconds)).rejects.toThrow('expected 0 or more milliseconds');
  });
});
