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
