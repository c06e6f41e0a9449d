import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { resilientPool } from './resilient-pool.js';
import { resilientRedis } from './resilient-redis.js';
import { letTimePass } from '../../../spec-support/until.js';

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

describe('resilientRedis', () => {
  it('needs no handler for a failed command, and still rejects for a caller that awaits the command', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const client = resilientRedis(new RedisClient());
    void client.publish();
    await turn();
    await turn();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(client.publish()).rejects.toThrow('gone');
  });

  it('does not block the process when a caller retries at once after each failure', async () => {
    const client = resilientRedis(new RedisClient());
    let tries = 0;
    let isOver = false;
    const tryAgain = (): void => {
      tries += 1;
      if (!isOver) client.publish().catch(tryAgain);
    };
    tryAgain();
    await letTimePass(250);
    isOver = true;
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(5);
  });

  it('returns a resilient client from duplicate()', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const client = resilientRedis(new RedisClient()).duplicate();
    void client.publish();
    await turn();
    await turn();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(() => client.emit('error', new Error('gone'))).not.toThrow();
  });

  it('returns the same client, which handles its errors', () => {
    const real = new RedisClient();
    const client = resilientRedis(real);
    real.isReady = true;
    expect([client.url(), client.isReady]).toEqual(['redis://here', true]);
    expect(() => real.emit('error', new Error('gone'))).not.toThrow();
  });
});

describe('resilientRedis with a client of `redis`', () => {
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
    resilientRedis(client);
    return client;
  };
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('pings the client, and keeps the connection while the client answers', async () => {
    const client = readyClient();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(client.ping.mock.calls.length).toBeGreaterThan(20);
    expect(client.destroy).not.toHaveBeenCalled();
  });

  it.each([
    ['does not answer', () => new Promise(() => undefined)],
    ['answers with a failure', () => Promise.reject(new Error('gone'))],
  ])('reconnects ten seconds after a ping that the client %s, and pings again then', async (_how, answer) => {
    const client = readyClient();
    client.ping.mockImplementation(answer);
    await jest.advanceTimersByTimeAsync(11_900);
    expect(client.destroy).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(60_000);
    expect([client.destroy.mock.calls.length, client.connect.mock.calls.length]).toEqual([1, 1]);
    client.emit('ready');
    await jest.advanceTimersByTimeAsync(12_000);
    expect(client.destroy).toHaveBeenCalledTimes(2);
  });

  it('does not reconnect when the application closes the client during the ping', async () => {
    const client = readyClient();
    client.ping.mockImplementation(() => new Promise(() => undefined));
    client.destroy.mockImplementation(() => {
      throw new Error('The client is closed');
    });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(client.destroy).toHaveBeenCalledTimes(1);
    expect(client.connect).not.toHaveBeenCalled();
  });

  it('sends no further ping from a stopped heartbeat after a late answer', async () => {
    const client = readyClient();
    client.ping.mockImplementation(() => new Promise((resolve) => setTimeout(resolve, 15_000)));
    await jest.advanceTimersByTimeAsync(60_000);
    expect([client.ping.mock.calls.length, client.destroy.mock.calls.length]).toEqual([1, 1]);
  });

  it.each(['error', 'end'])('sends no ping after %p, until the client is ready again', async (event) => {
    const client = new RestartableClient();
    resilientRedis(client);
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

describe('resilientPool', () => {
  const connected = () => {
    const pool = resilientPool(new EventEmitter());
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

  it('releases a leased connection that was lost, once', async () => {
    const { client } = connected();
    expect(() => client.emit('error', new Error('terminated'))).not.toThrow();
    client.emit('end');
    await turn();
    expect(client.release.mock.calls).toEqual([[true]]);
  });

  it('does not release a connection again that was already released', async () => {
    const { pool, client } = connected();
    pool.emit('release', undefined, client);
    client.emit('end');
    await turn();
    expect(client.release).not.toHaveBeenCalled();
    expect(() => pool.emit('error', new Error('terminated'))).not.toThrow();
  });

  it('ends a silent connection with a running query, and releases the connection only once', async () => {
    // Accepts the client as PostgreSQL does, and then sends nothing.
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = resilientPool(new pg.Pool({ host: '127.0.0.1', port, user: 'x', database: 'x', max: 2 }));
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

  describe('queries a leased connection', () => {
    beforeEach(() => {
      jest.useFakeTimers();
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('and keeps the connection while it answers', async () => {
      const { client } = connected();
      await jest.advanceTimersByTimeAsync(20_000);
      expect(client.query.mock.calls.length).toBeGreaterThan(5);
      expect(client.release).not.toHaveBeenCalled();
    });

    it.each([
      ['does not answer', () => new Promise(() => undefined)],
      ['answers with an error', () => Promise.reject(new Error('Query read timeout'))],
    ])('and closes the connection once, within six seconds, when it %s', async (_how, answer) => {
      const { client } = connected();
      client.query.mockImplementation(answer);
      await jest.advanceTimersByTimeAsync(5_900);
      expect(client.end).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(20_000);
      expect(client.end).toHaveBeenCalledTimes(1);
      expect(client.release.mock.calls).toEqual([[true]]);
      expect(client.query).toHaveBeenCalledTimes(1);
    });

    it('and stops when the connection is released, also with a query in flight', async () => {
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
