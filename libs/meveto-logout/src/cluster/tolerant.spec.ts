import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { tolerantPool } from './tolerant-pool.js';
import { tolerantRedis } from './tolerant-redis.js';

class RedisClient extends EventEmitter {
  readonly #url = 'redis://here';
  isReady = false;

  url(): string {
    return this.#url;
  }

  publish(): Promise<number> {
    return Promise.reject(new Error('gone'));
  }
}

describe('a tolerant Redis client', () => {
  it('lets a failed command pass unhandled, and still tells whoever waits for it', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const client = tolerantRedis(new RedisClient());
    void client.publish();
    await turn();
    await turn();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(client.publish()).rejects.toThrow('gone');
  });

  it('is the same client otherwise, and survives its errors', () => {
    const real = new RedisClient();
    const client = tolerantRedis(real);
    real.isReady = true;
    expect([client.url(), client.isReady]).toEqual(['redis://here', true]);
    expect(() => real.emit('error', new Error('gone'))).not.toThrow();
  });
});

describe('a tolerant pool', () => {
  const connected = () => {
    const pool = tolerantPool(new EventEmitter());
    const client = Object.assign(new EventEmitter(), { release: jest.fn() });
    pool.emit('connect', client);
    pool.emit('acquire', client);
    return { pool, client };
  };

  it('gives a connection back that was lost while it was kept, once', async () => {
    const { client } = connected();
    expect(() => client.emit('error', new Error('terminated'))).not.toThrow();
    client.emit('end');
    await turn();
    expect(client.release.mock.calls).toEqual([[true]]);
  });

  it('leaves a connection alone that was given back already', async () => {
    const { pool, client } = connected();
    pool.emit('release', undefined, client);
    client.emit('end');
    await turn();
    expect(client.release).not.toHaveBeenCalled();
    expect(() => pool.emit('error', new Error('terminated'))).not.toThrow();
  });
});
