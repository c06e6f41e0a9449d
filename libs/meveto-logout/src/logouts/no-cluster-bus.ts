import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { NEVER } from 'rxjs';
import { MevetoEvents } from '../core/index.js';
import { ClusterBus } from './cluster-bus.port.js';
import { logoutsEvents } from './events.js';
import { LOGOUTS_OPTIONS, type ResolvedLogouts } from './options.js';

/** Used when live push provides no bus: replicas learn of each other's logouts only by polling the store. */
@Injectable()
export class NoClusterBus extends ClusterBus implements OnApplicationBootstrap {
  override readonly messages$ = NEVER;
  override readonly reachesReplicas = false;

  constructor(
    @Inject(LOGOUTS_OPTIONS) private readonly options: ResolvedLogouts,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    const { pollIntervalMs } = this.options;
    this.events.emit(logoutsEvents.MEVETO_NO_CLUSTER_BUS, { pollIntervalMs });
  }

  override send(): void {
    // No other replica is reachable.
  }
}
