import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EventLoopBatches } from './event-loop-batches.js';

describe('EventLoopBatches', () => {
  it('runs the first batch at once and one batch at each further turn of the event loop, in order and each item once', async () => {
    const done: number[] = [];
    const batches = new EventLoopBatches<number>((one) => done.push(one));
    for (let one = 0; one < 1_000; one += 1) batches.add(one);
    expect(done).toHaveLength(250);
    await turn();
    expect(done.length).toBeLessThan(1_000);
    for (let count = 0; count < 10; count += 1) await turn();
    expect(done).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it('runs items that may wait after all others, also after those that are added meanwhile', async () => {
    const done: string[] = [];
    const batches = new EventLoopBatches<string>((one) => {
      done.push(one);
      if (one.startsWith('now')) batches.addLater(one.replace('now', 'later'));
    });
    for (let one = 0; one < 600; one += 1) batches.add(`now${String(one)}`);
    for (let count = 0; count < 10; count += 1) await turn();
    const expected = Array.from({ length: 600 }, (_, index) => String(index));
    expect(done).toEqual([...expected.map((one) => `now${one}`), ...expected.map((one) => `later${one}`)]);
  });

  it('runs the next item at once after a pause', async () => {
    const done: number[] = [];
    const batches = new EventLoopBatches<number>((one) => done.push(one));
    for (let one = 0; one < 400; one += 1) batches.add(one);
    for (let count = 0; count < 5; count += 1) await turn();
    batches.add(400);
    expect(done.at(-1)).toBe(400);
  });
});
