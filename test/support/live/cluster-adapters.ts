import { createAdapter as onPostgres } from '@socket.io/postgres-adapter';
import { createAdapter as onRedis } from '@socket.io/redis-adapter';
import { createAdapter as onRedisStreams } from '@socket.io/redis-streams-adapter';
import { resilientPool, resilientRedis } from 'nestjs-meveto-logout/socket-io';
import pg from 'pg';
import { createClient } from 'redis';

/** One of Socket.IO's cluster adapters, created as `docs/live.md` describes. */
export interface Adapter {
  readonly adapter: unknown;
  close(): Promise<void>;
}

/** Opens the adapter; `via` may route its connections through a proxy. */
type Open = (key: string, via?: (url: string) => string) => Promise<Adapter>;

const direct = (url: string): string => url;

/** The ping detects silently lost connections. */
const redisClient = (via: (url: string) => string, isPublisher = false) => {
  const client = createClient({
    url: via(String(process.env['TEST_REDIS_URL'])),
    pingInterval: 1_000,
    socket: { connectTimeout: 2_000, socketTimeout: 3_000, reconnectStrategy: 500 },
    // Do not queue messages while offline: the other replicas learn of the logouts from the store.
    disableOfflineQueue: isPublisher,
  });
  client.on('error', () => undefined);
  return client;
};

const redis: Open = async (key, via = direct) => {
  const [publisher, subscriber] = [redisClient(via, true), redisClient(via)];
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return {
    adapter: onRedis(resilientRedis(publisher), resilientRedis(subscriber), { key }),
    close: () => {
      for (const client of [publisher, subscriber]) client.destroy();
      return Promise.resolve();
    },
  };
};

const redisStreams: Open = async (key, via = direct) => {
  const client = redisClient(via);
  await client.connect();
  return {
    adapter: onRedisStreams(resilientRedis(client), {
      streamName: key,
      channelPrefix: key,
      blockTimeInMs: 100,
      sessionKeyPrefix: `${key}:`,
    }),
    close: async () => {
      await client.del(key).catch(() => undefined);
      client.destroy();
    },
  };
};

const postgres: Open = (key, via = direct) => {
  const pool = resilientPool(
    new pg.Pool({
      connectionString: via(String(process.env['TEST_DATABASE_URL'])),
      max: 3,
      connectionTimeoutMillis: 2_000,
      query_timeout: 3_000,
    }),
  );
  return Promise.resolve({ adapter: onPostgres(pool, { channelPrefix: key }), close: () => pool.end() });
};

export const ADAPTERS: readonly (readonly [string, Open])[] = [
  ['Redis', redis],
  ['Redis streams', redisStreams],
  ['PostgreSQL', postgres],
];

export const openRedisStreams = redisStreams;
