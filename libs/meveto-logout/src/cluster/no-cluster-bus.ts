import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { NEVER } from 'rxjs';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { ClusterBus } from './cluster-bus.port.js';

/** Where live push brings no bus: replicas hear of each other's logouts by the refresh alone. */
@Injectable()
export class NoClusterBus extends ClusterBus implements OnApplicationBootstrap {
  readonly #logger = new Logger('MevetoLogout');
  override readonly messages$ = NEVER;
  override readonly reachesReplicas = false;

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {
    super();
  }

  onApplicationBootstrap(): void {
    this.#logger.log(
      'Live push without Socket.IO brings no bus between replicas: they hear of each other’s logouts within ' +
        `${String(this.options.refreshIntervalMs)} ms, from the store.`,
    );
  }

  override send(): void {
    // There is no way to other replicas.
  }
}
