import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

describe('turns', () => {
  it('do a few at once and the others a few at each turn of the event loop, in order and each once', async () => {
    const done: number[] = [];
    const turns = new Turns<number>((one) => done.push(one));
    for (let one = 0; one < 450; one += 1) turns.add(one);
    expect(done).toHaveLength(100);
    await turn();
    expect(done.length).toBeLessThan(450);
    for (let count = 0; count < 10; count += 1) await turn();
    expect(done).toEqual(Array.from({ length: 450 }, (_, index) => index));
  });

  it('do the next one at once after a pause', async () => {
    const done: number[] = [];
    const turns = new Turns<number>((one) => done.push(one));
    for (let one = 0; one < 150; one += 1) turns.add(one);
    for (let count = 0; count < 5; count += 1) await turn();
    turns.add(150);
    expect(done.at(-1)).toBe(150);
  });
});
