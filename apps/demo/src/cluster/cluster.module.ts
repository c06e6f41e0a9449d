import { Global, Module } from '@nestjs/common';
import { DEMO_CONFIG } from '../config/tokens.js';
import { openClusterBus } from './cluster-bus.js';
import { CLUSTER_BUS } from './tokens.js';

/** Provides the bus to the other replicas, if one is configured. */
@Global()
@Module({
  providers: [{ provide: CLUSTER_BUS, inject: [DEMO_CONFIG], useFactory: openClusterBus }],
  exports: [CLUSTER_BUS],
})
export class ClusterModule {}
