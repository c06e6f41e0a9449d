import type { DynamicModule, Type } from '@nestjs/common';
import type { ClusterBus } from '../logouts/index.js';
import type { LivePush } from './live-push.port.js';

/**
 * A live push adapter, as the application passes it in `livePush`: the parts that the adapter adds to the module.
 * Factory providers may read their configuration at start.
 */
export interface LivePushDefinition extends Pick<DynamicModule, 'imports' | 'controllers' | 'providers'> {
  /** The provider that implements the port. */
  readonly port: Type<LivePush>;
  /**
   * The provider that implements the bus between replicas. Without a bus, replicas learn of each other's logouts by
   * polling the store.
   */
  readonly clusterBus?: Type<ClusterBus>;
  /** Configuration faults, one line each, with the expected value. The start fails and lists all of them. */
  readonly faults?: readonly string[];
  /** Loads the packages that the adapter needs, at start. Resolves with a fault for each that cannot be loaded. */
  readonly missingPackages?: () => Promise<readonly string[]>;
}
