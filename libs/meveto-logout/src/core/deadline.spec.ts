import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Deadline } from './deadline.js';
import { staysTrue, until } from '../../spec-support/until.js';

describe('Deadline', () => {
  it('aborts the request after its time', async () => {
    const deadline = new Deadline(10, new AbortController().signal);
    expect(deadline.signal.aborted).toBe(false);
    await until('the signal', () => deadline.signal.aborted);
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
    expect(deadline.hasPassed).toBe(true);
  });

  it.each(['before', 'during'])('aborts the request when the process stops %s the request', (when) => {
    const stopping = new AbortController();
    const reason = new Error('stopping');
    if (when === 'before') stopping.abort(reason);
    const deadline = new Deadline(10_000, stopping.signal);
    stopping.abort(reason);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.signal.reason).toBe(reason);
    expect(deadline.hasPassed).toBe(false);
    deadline.clear();
  });

  it('causes no warning when many requests are in flight', async () => {
    const warned: string[] = [];
    const onWarning = ({ name }: Error): void => void warned.push(name);
    process.on('warning', onWarning);
    const stopping = new AbortController();
    const deadlines = Array.from({ length: 30 }, () => new Deadline(10_000, stopping.signal));
    await staysTrue('no warning', 20, () => warned.length === 0);
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
    await staysTrue('not over', 20, () => !deadline.hasPassed);
  });
});
