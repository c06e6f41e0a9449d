import pg from 'pg';
import type { Replicas } from '../demo/replicas.js';
import { TcpProxy } from '../network/tcp-proxy.js';

const REDIS_URL = String(process.env['TEST_REDIS_URL']);

/** A bus between the demo's replicas. */
export interface Bus {
  readonly env: Record<string, string>;
  /** Stops the bus until the returned function is called. */
  stop(database: Replicas['database']): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

async function redisBus(): Promise<Bus> {
  const proxy = await TcpProxy.start(REDIS_URL);
  return {
    env: { REDIS_URL: `redis://127.0.0.1:${String(proxy.port)}` },
    stop: () => {
      proxy.cut();
      return Promise.resolve(() => {
        proxy.mend();
        return Promise.resolve();
      });
    },
    close: () => proxy.stop(),
  };
}

/** The bus has separate connections with its own name. Stopping it ends them repeatedly. */
function postgresBus(): Promise<Bus> {
  return Promise.resolve({
    env: { CLUSTER: 'postgres' },
    stop: async ({ connection }) => {
      const client = new pg.Client((connection as { url: string }).url);
      client.on('error', () => undefined);
      await client.connect();
      const end = (): Promise<unknown> =>
        client.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'meveto-demo-%'",
        );
      await end();
      let ending = Promise.resolve<unknown>(undefined);
      const again = setInterval(() => {
        ending = end();
      }, 100);
      return async () => {
        clearInterval(again);
        await ending;
        await client.end();
      };
    },
    close: () => Promise.resolve(),
  });
}

export const BUSES = [
  ['PostgreSQL and Redis', redisBus],
  ['PostgreSQL alone', postgresBus],
] as const;
