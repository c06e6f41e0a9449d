import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
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

  duplicate(): RedisClient {
    return new RedisClient();
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

  it('does not freeze the process of whoever tries again as soon as something has failed', async () => {
    const client = tolerantRedis(new RedisClient());
    let tries = 0;
    let isOver = false;
    const tryAgain = (): void => {
      tries += 1;
      if (!isOver) client.publish().catch(tryAgain);
    };
    tryAgain();
    await new Promise((resolve) => setTimeout(resolve, 250));
    isOver = true;
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(5);
  });

  it('makes tolerant clients of itself', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const client = tolerantRedis(new RedisClient()).duplicate();
    void client.publish();
    await turn();
    await turn();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(() => client.emit('error', new Error('gone'))).not.toThrow();
  });

  it('is the same client otherwise, and survives its errors', () => {
    const real = new RedisClient();
    const client = tolerantRedis(real);
    real.isReady = true;
    expect([client.url(), client.isReady]).toEqual(['redis://here', true]);
    expect(() => real.emit('error', new Error('gone'))).not.toThrow();
  });
});

describe('a tolerant client of `redis`', () => {
  class RestartableClient extends EventEmitter {
    isReady = false;
    readonly ping = jest.fn<() => Promise<unknown>>(() => Promise.resolve('PONG'));
    readonly destroy = jest.fn(() => {
      this.isReady = false;
      this.emit('end');
    });
    readonly connect = jest.fn(() => Promise.reject(new Error('not yet')));
  }
  const readyClient = (): RestartableClient => {
    const client = new RestartableClient();
    client.isReady = true;
    tolerantRedis(client);
    return client;
  };
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is asked whether it is there, and left alone for as long as it answers', async () => {
    const client = readyClient();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(client.ping.mock.calls.length).toBeGreaterThan(20);
    expect(client.destroy).not.toHaveBeenCalled();
  });

  it.each([
    ['does not answer', () => new Promise(() => undefined)],
    ['answers with a failure', () => Promise.reject(new Error('gone'))],
  ])(
    'connects anew ten seconds after a question that it %s, and is asked again then',
    async (_how, answer) => {
      const client = readyClient();
      client.ping.mockImplementation(answer);
      await jest.advanceTimersByTimeAsync(11_900);
      expect(client.destroy).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(60_000);
      expect([client.destroy.mock.calls.length, client.connect.mock.calls.length]).toEqual([1, 1]);
      client.emit('ready');
      await jest.advanceTimersByTimeAsync(12_000);
      expect(client.destroy).toHaveBeenCalledTimes(2);
    },
  );

  it('is left to the application that closes it meanwhile', async () => {
    const client = readyClient();
    client.ping.mockImplementation(() => new Promise(() => undefined));
    client.destroy.mockImplementation(() => {
      throw new Error('The client is closed');
    });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(client.destroy).toHaveBeenCalledTimes(1);
    expect(client.connect).not.toHaveBeenCalled();
  });

  it('that answers late is asked no more by what has given it up', async () => {
    const client = readyClient();
    client.ping.mockImplementation(() => new Promise((resolve) => setTimeout(resolve, 15_000)));
    await jest.advanceTimersByTimeAsync(60_000);
    expect([client.ping.mock.calls.length, client.destroy.mock.calls.length]).toEqual([1, 1]);
  });

  it.each(['error', 'end'])('is asked nothing after %p, until it is ready again', async (event) => {
    const client = new RestartableClient();
    tolerantRedis(client);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(client.ping).not.toHaveBeenCalled();
    client.emit('ready');
    await jest.advanceTimersByTimeAsync(2_000);
    expect(client.ping).toHaveBeenCalledTimes(1);
    client.emit(event);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(client.ping).toHaveBeenCalledTimes(1);
    client.emit('ready');
    client.emit('ready');
    await jest.advanceTimersByTimeAsync(2_000);
    expect(client.ping).toHaveBeenCalledTimes(2);
    expect(client.destroy).not.toHaveBeenCalled();
  });
});

type HeldClient = EventEmitter & {
  readonly release: jest.Mock<(destroy?: boolean) => void>;
  readonly end: jest.Mock<() => Promise<void>>;
  readonly query: jest.Mock<(text: string) => Promise<unknown>>;
};

describe('a tolerant pool', () => {
  const connected = () => {
    const pool = tolerantPool(new EventEmitter());
    const client: HeldClient = Object.assign(new EventEmitter(), {
      release: jest.fn<(destroy?: boolean) => void>(),
      end: jest.fn<() => Promise<void>>(() => {
        client.emit('end');
        return Promise.resolve();
      }),
      query: jest.fn<(text: string) => Promise<unknown>>(() => Promise.resolve()),
    });
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

  it('ends a silent connection that a query holds without giving it back twice', async () => {
    // As PostgreSQL lets a client in, and not a word more.
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = tolerantPool(new pg.Pool({ host: '127.0.0.1', port, user: 'x', database: 'x', max: 2 }));
    const kept = await pool.connect();
    const ended = once(kept, 'end');
    await expect(pool.query('SELECT 1')).rejects.toThrow('Connection terminated');
    await ended;
    await turn();
    await turn();
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
    await pool.end();
    server.close();
  });

  describe('asks a connection that is kept whether it is there', () => {
    beforeEach(() => {
      jest.useFakeTimers();
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('and keeps it for as long as it answers', async () => {
      const { client } = connected();
      await jest.advanceTimersByTimeAsync(20_000);
      expect(client.query.mock.calls.length).toBeGreaterThan(5);
      expect(client.release).not.toHaveBeenCalled();
    });

    it.each([
      ['does not answer', () => new Promise(() => undefined)],
      ['says that it cannot', () => Promise.reject(new Error('Query read timeout'))],
    ])('and closes it within six seconds when it %s, once', async (_how, answer) => {
      const { client } = connected();
      client.query.mockImplementation(answer);
      await jest.advanceTimersByTimeAsync(5_900);
      expect(client.end).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(20_000);
      expect(client.end).toHaveBeenCalledTimes(1);
      expect(client.release.mock.calls).toEqual([[true]]);
      expect(client.query).toHaveBeenCalledTimes(1);
    });

    it('and no longer when it was given back, also with a question under way', async () => {
      const { pool, client } = connected();
      let answer: (() => void) | undefined;
      client.query.mockImplementation(() => new Promise<void>((resolve) => (answer = resolve)));
      await jest.advanceTimersByTimeAsync(2_000);
      pool.emit('release', undefined, client);
      answer?.();
      await jest.advanceTimersByTimeAsync(20_000);
      expect(client.query).toHaveBeenCalledTimes(1);
      expect(client.release).not.toHaveBeenCalled();
    });
  });
});
