import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RefusedBodies } from './webhook-answer.js';

const KIB = 1_024;

describe('a refused body', () => {
  let bodies: RefusedBodies;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    bodies = new RefusedBodies();
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const run = () => new Promise((resolve) => setImmediate(resolve));
  const drain = () => {
    const stream = new PassThrough({ highWaterMark: 1_024 * KIB });
    const socket = Object.assign(new EventEmitter(), { end: jest.fn() });
    const done = jest.fn();
    bodies.drain(Object.assign(stream, { socket }) as unknown as IncomingMessage, done);
    return { stream, socket, done };
  };
  const isDone = ({ done }: { done: jest.Mock }): boolean => done.mock.calls.length > 0;

  it('is read to its end', async () => {
    const { stream, done } = drain();
    stream.write(Buffer.alloc(60 * KIB));
    await run();
    expect(done).not.toHaveBeenCalled();
    stream.end();
    await run();
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('is read up to 64 KiB', async () => {
    const { stream, done } = drain();
    stream.write(Buffer.alloc(64 * KIB - 1));
    await run();
    expect(done).not.toHaveBeenCalled();
    stream.write(Buffer.alloc(1));
    await run();
    expect(done).toHaveBeenCalledTimes(1);
    expect(stream.isPaused()).toBe(true);
  });

  it('is read for at most one second', async () => {
    const { done } = drain();
    await jest.advanceTimersByTimeAsync(999);
    expect(done).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('is not read while 64 others are read', () => {
    const others = Array.from({ length: 64 }, drain);
    expect(others.some(isDone)).toBe(false);
    const further = drain();
    expect(isDone(further)).toBe(true);
    expect(further.stream.listenerCount('data')).toBe(0);
    expect(others.some(isDone)).toBe(false);
  });

  it.each<[string, (each: ReturnType<typeof drain>) => unknown]>([
    ['ended', ({ stream }) => stream.end()],
    ['been broken off', ({ stream }) => stream.destroy()],
    ['been cut off', ({ socket }) => socket.emit('end')],
    ['failed', ({ stream }) => stream.on('error', () => undefined).destroy(new Error('reset'))],
    ['been too long', ({ stream }) => stream.write(Buffer.alloc(65 * KIB))],
    ['been slow', () => jest.advanceTimersByTimeAsync(1_000)],
  ])('makes room for exactly one other body when it has %s', async (_how, finish) => {
    const others = Array.from({ length: 64 }, drain);
    for (const each of others) await finish(each);
    await run();
    for (const { stream, socket, done } of others) {
      expect(done).toHaveBeenCalledTimes(1);
      expect([stream.listenerCount('data'), socket.listenerCount('end')]).toEqual([0, 0]);
      stream.destroy();
      socket.emit('end');
    }
    await run();
    expect(jest.getTimerCount()).toBe(0);
    const next = Array.from({ length: 65 }, () => isDone(drain()));
    expect(next.indexOf(true)).toBe(64);
  });

  it('takes no room when its connection is already closed', () => {
    const stream = new PassThrough();
    stream.destroy();
    const request = stream as unknown as IncomingMessage;
    for (let count = 0; count < 100; count += 1) bodies.drain(request, jest.fn());
    expect(jest.getTimerCount()).toBe(0);
    expect(isDone(drain())).toBe(false);
  });
});
