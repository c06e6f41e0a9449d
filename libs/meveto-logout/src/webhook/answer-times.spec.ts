import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AnswerTimes } from './answer-times.js';

describe('the time of an answer that needs no store', () => {
  let times: AnswerTimes;
  beforeEach(() => {
    times = new AnswerTimes();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  async function waitedMs(): Promise<number> {
    const startedAt = performance.now();
    await times.wait();
    return performance.now() - startedAt;
  }

  it('is short while nothing is known of the store', async () => {
    expect(await waitedMs()).toBeLessThan(50);
  });

  it('is that of any commit while there was none that brought nothing new', async () => {
    times.add(100, false);
    expect(await waitedMs()).toBeGreaterThan(95);
  });

  it('is one of the last sixteen that brought nothing new', async () => {
    times.add(100, true);
    for (let i = 0; i < 15; i += 1) times.add(60, true);
    times.add(1_000, false);
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect(await waitedMs()).toBeGreaterThan(95);
    times.add(60, true);
    const ms = await waitedMs();
    expect(ms).toBeGreaterThan(55);
    expect(ms).toBeLessThan(95);
  });
});
