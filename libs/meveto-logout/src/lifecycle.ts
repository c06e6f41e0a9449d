import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { LivePushGateway } from './live/live-push.gateway.js';
import { KnownLogouts } from './logout/known-logouts.js';
import { LogoutRefresher } from './logout/logout-refresher.js';
import { MevetoHttp } from './meveto-api/meveto-http.js';
import { Reconciler } from './reconcile/reconciler.js';
import type { Store } from './store/store.port.js';
import { STORE } from './tokens.js';
import { LogoutWorker } from './worker/logout-worker.js';

/** Starts and stops the parts in their order: what is known first, then work; at the end, work in hand first. */
@Injectable()
export class Lifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutRefresher) private readonly refresher: LogoutRefresher,
    @Inject(LogoutWorker) private readonly worker: LogoutWorker,
    @Inject(Reconciler) private readonly reconciler: Reconciler,
    @Inject(LivePushGateway) private readonly gateway: LivePushGateway,
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(MevetoHttp) private readonly meveto: MevetoHttp,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.connect();
    await this.refresher.start();
  }

  async onApplicationBootstrap(): Promise<void> {
    this.worker.start();
    await this.reconciler.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.reconciler.stop(), this.worker.stop()]);
    this.meveto.close();
    this.refresher.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    this.gateway.close();
    this.known.complete();
    await this.store.close();
  }
}
