import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Deadline } from './deadline.js';

describe('the deadline of a request', () => {
  it('ends it after its time', async () => {
    const deadline = new Deadline(10, new AbortController().signal);
    expect(deadline.signal.aborted).toBe(false);
    await delay(30);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.isOver).toBe(true);
  });

  it.each(['before', 'meanwhile'])('ends it when the process stops: %s', (when) => {
    const stopping = new AbortController();
    if (when === 'before') stopping.abort();
    const deadline = new Deadline(10_000, stopping.signal);
    stopping.abort();
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.isOver).toBe(false);
    deadline.clear();
  });

  it('is no cause for a warning where many requests are on their way', async () => {
    const warned: string[] = [];
    const onWarning = ({ name }: Error): void => void warned.push(name);
    process.on('warning', onWarning);
    const stopping = new AbortController();
    const deadlines = Array.from({ length: 30 }, () => new Deadline(10_000, stopping.signal));
    await delay(20);
    process.off('warning', onWarning);
    for (const deadline of deadlines) deadline.clear();
    expect(warned).toEqual([]);
  });

  it('leaves nothing behind', async () => {
    const stopping = new AbortController();
    const deadline = new Deadline(5, stopping.signal);
    expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(1);
    deadline.clear();
    expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(0);
    await delay(20);
    expect(deadline.isOver).toBe(false);
  });
});
