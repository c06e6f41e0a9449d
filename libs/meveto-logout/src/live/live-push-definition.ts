import type { DynamicModule, Type } from '@nestjs/common';
import type { ClusterBus } from '../cluster/cluster-bus.port.js';
import type { LivePush } from './live-push.port.js';

/**
 * A way of live push as the application chooses it in `livePush`: the parts that it adds to the module. It may be
 * declared with providers of its own that are made by factories, so that nothing has to be known before the start.
 */
export interface LivePushDefinition extends Pick<DynamicModule, 'imports' | 'controllers' | 'providers'> {
  /** Which of the providers is the port. */
  readonly port: Type<LivePush>;
  /** Which of them is the bus between replicas; without one they hear of each other's logouts by the refresh. */
  readonly clusterBus?: Type<ClusterBus>;
  /** What is wrong with how it was configured: one line each, with what was wanted; the start fails with all of them. */
  readonly faults?: readonly string[];
}
