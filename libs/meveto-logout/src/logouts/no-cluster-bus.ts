import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { NEVER } from 'rxjs';
import { ClusterBus } from './cluster-bus.port.js';
import { LOGOUTS_OPTIONS, type ResolvedLogouts } from './options.js';

/** Used when live push provides no bus: replicas learn of each other's logouts only by polling the store. */
@Injectable()
export class NoClusterBus extends ClusterBus implements OnApplicationBootstrap {
  readonly #logger = new Logger('MevetoLogout');
  override readonly messages$ = NEVER;
  override readonly reachesReplicas = false;

  constructor(@Inject(LOGOUTS_OPTIONS) private readonly options: ResolvedLogouts) {
    super();
  }

  onApplicationBootstrap(): void {
    this.#logger.log(
      'Live push without Socket.IO provides no bus between replicas. They learn of each other’s logouts within ' +
        `${String(this.options.pollIntervalMs)} ms, from the store.`,
    );
  }

  override send(): void {
    // No other replica is reachable.
  }
}
