import type { DemoConfig } from '../config/demo-config.js';
import { channelPrefix } from './channel-prefix.js';
import { openPostgresBus } from './postgres-bus.js';
import { openRedisBus } from './redis-bus.js';

/** The bus to the other replicas: Socket.IO's cluster adapter and its connections. */
export interface ClusterBus {
  /** The adapter factory of Socket.IO. */
  readonly createAdapter: unknown;
  /** Whether the bus works at the moment. A loss only delays logouts on other replicas by a second. */
  readonly isUp: boolean;
  /** Closes its connections, within a second. */
  close(): Promise<void>;
}

/** Opens the configured bus. An unavailable bus delays the start only briefly, and is used once it is available. */
export async function openClusterBus(config: DemoConfig): Promise<ClusterBus | undefined> {
  const { cluster, database } = config;
  const key = channelPrefix(config.client.clientId);
  if (cluster.kind === 'redis') return openRedisBus(cluster.url, key);
  if (cluster.kind === 'postgres' && database.kind === 'postgres') return openPostgresBus(database.url, key);
  return undefined;
}
