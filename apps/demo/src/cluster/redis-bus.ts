import { setTimeout as sleep } from 'node:timers/promises';
import { createAdapter } from '@socket.io/redis-adapter';
import { resilientRedis } from 'nestjs-meveto-logout/socket-io';
import { createClient } from 'redis';
import { BusState } from './bus-state.js';
import type { ClusterBus } from './cluster-bus.js';

const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_PAUSE_MS = 1_000;
/** Interval of pings, which detect silently lost connections. */
const PING_EVERY_MS = 2_000;
const SILENT_FOR_MS = 6_000;
const WAIT_AT_START_MS = 2_000;

/** Uses Redis pub/sub. Always reconnects by itself. */
export async function openRedisBus(url: string, key: string): Promise<ClusterBus> {
  const options = {
    url,
    pingInterval: PING_EVERY_MS,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENT_FOR_MS,
      reconnectStrategy: (attempts: number) => Math.min(50 * 2 ** attempts, LONGEST_PAUSE_MS),
    },
  };
  // Do not queue messages while offline: the other replicas learn of the logouts from the store.
  const publisher = createClient({ ...options, disableOfflineQueue: true });
  const subscriber = createClient(options);
  const state = new BusState('Redis');
  for (const client of [publisher, subscriber]) {
    client.on('error', () => {
      state.down();
    });
    client.on('ready', () => {
      if (publisher.isReady && subscriber.isReady) state.up();
    });
  }
  const connected = Promise.all([publisher.connect(), subscriber.connect()]);
  connected.catch(() => undefined);
  await Promise.race([connected, sleep(WAIT_AT_START_MS, undefined, { ref: false })]);
  return {
    createAdapter: createAdapter(resilientRedis(publisher), resilientRedis(subscriber), { key }),
    get isUp() {
      return state.isUp;
    },
    close() {
      for (const client of [publisher, subscriber]) if (client.isOpen) client.destroy();
      return Promise.resolve();
    },
  };
}
