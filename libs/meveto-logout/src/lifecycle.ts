import { setTimeout as delay } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { LogoutRelay } from './cluster/logout-relay.js';
import { LogoutAnnouncer } from './live/logout-announcer.js';
import { KnownLogouts } from './logout/known-logouts.js';
import { LogoutRefresher } from './logout/logout-refresher.js';
import { MevetoHttp } from './meveto-api/meveto-http.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { Reconciler } from './reconcile/reconciler.js';
import type { Store } from './store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from './tokens.js';
import { LogoutWorker } from './worker/logout-worker.js';

const STORE_GRACE_MS = 1_000;

/** Starts and stops the parts in their order: what is known first, then work; at the end, work in hand first. */
@Injectable()
export class Lifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  #isStopping = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutRefresher) private readonly refresher: LogoutRefresher,
    @Inject(LogoutWorker) private readonly worker: LogoutWorker,
    @Inject(Reconciler) private readonly reconciler: Reconciler,
    @Inject(LogoutAnnouncer) private readonly announcer: LogoutAnnouncer,
    @Inject(LogoutRelay) private readonly relay: LogoutRelay,
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(MevetoHttp) private readonly meveto: MevetoHttp,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.connect();
    this.announcer.start();
    this.relay.start();
    await this.refresher.start();
  }

  async onApplicationBootstrap(): Promise<void> {
    // Told to stop while it was starting: an exchange begun now would lose its answer with the store.
    if (this.#isStopping) return;
    this.worker.start();
    await this.reconciler.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopping = true;
    const stopped = Promise.all([this.reconciler.stop(), this.worker.stop()]);
    // A store that does not answer must not hold the process back.
    const limit = delay(this.options.shutdownTimeoutMs + STORE_GRACE_MS, undefined, { ref: false });
    await Promise.race([stopped, limit]);
    this.relay.stop();
    this.meveto.close();
    this.refresher.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.announcer.stop();
    this.known.complete();
    await this.store.close();
  }
}
