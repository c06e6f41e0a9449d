import type { DemoConfig } from '../config/demo-config.js';
import { channelPrefix } from './channel-prefix.js';
import { openPostgresBus } from './postgres-bus.js';
import { openRedisBus } from './redis-bus.js';

/** The way to the other replicas: Socket.IO's cluster adapter, and the connections it has. */
export interface ClusterBus {
  /** What Socket.IO makes its adapters with. */
  readonly createAdapter: unknown;
  /** Whether it is working at the moment. Losing it costs a second of delay, nothing else. */
  readonly isUp: boolean;
  /** Ends its connections, within a second. */
  close(): Promise<void>;
}

/** Opens what the configuration asks for. A bus that is away does not hold the start up for long: it is used once it is there. */
export async function openClusterBus(config: DemoConfig): Promise<ClusterBus | undefined> {
  const { cluster, database } = config;
  const key = channelPrefix(config.client.clientId);
  if (cluster.kind === 'redis') return openRedisBus(cluster.url, key);
  if (cluster.kind === 'postgres' && database.kind === 'postgres') return openPostgresBus(database.url, key);
  return undefined;
}
