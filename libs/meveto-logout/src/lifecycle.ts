import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ClusterBus, LogoutCache, LogoutPoller, LogoutBroadcaster } from './logouts/index.js';
import { labelOf, LivePush, LogoutAnnouncer } from './live/index.js';
import { MevetoHttp, MevetoReconciler, WebhookReader } from './meveto/index.js';
import { MevetoEvents, UserNames, waitAtMost } from './core/index.js';
import { rootEvents } from './events.js';
import { GuardAudit } from './guard/index.js';
import { type Store, STORE } from './store/index.js';
import { INBOX_OPTIONS, LogoutWorker, type ResolvedInbox } from './inbox/index.js';

const STORE_GRACE_MS = 1_000;

/** Emits how the module runs in this process. */
@Injectable()
export class StartReport {
  constructor(
    @Inject(WebhookReader) private readonly webhook: WebhookReader,
    @Inject(GuardAudit) private readonly guard: GuardAudit,
    @Inject(LivePush) private readonly livePush: LivePush,
    @Inject(STORE) private readonly store: Store,
    @Inject(ClusterBus) private readonly bus: ClusterBus,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  emit(): void {
    const { route } = this.webhook;
    this.events.emit(rootEvents.MEVETO_STARTED, {
      webhook: route === undefined ? 'none' : `POST ${route}`,
      guard: this.guard.usage(),
      livePush: labelOf(this.livePush),
      store: this.store.label,
      replicas: this.bus.reachesReplicas ? (this.bus.label ?? this.bus.constructor.name) : 'none',
    });
  }
}

/** Starts and stops the parts in order. Start: logout state first, then the worker. Stop: work in flight first. */
@Injectable()
export class Lifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  #isStopping = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(LogoutPoller) private readonly poller: LogoutPoller,
    @Inject(LogoutWorker) private readonly worker: LogoutWorker,
    @Inject(MevetoReconciler) private readonly reconciler: MevetoReconciler,
    @Inject(LogoutAnnouncer) private readonly announcer: LogoutAnnouncer,
    @Inject(LogoutBroadcaster) private readonly broadcaster: LogoutBroadcaster,
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(MevetoHttp) private readonly meveto: MevetoHttp,
    @Inject(UserNames) private readonly names: UserNames,
    @Inject(INBOX_OPTIONS) private readonly options: ResolvedInbox,
    @Inject(StartReport) private readonly report: StartReport,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.connect();
    this.announcer.start();
    this.broadcaster.start();
    await Promise.all([this.poller.start(), this.names.prepare()]);
  }

  async onApplicationBootstrap(): Promise<void> {
    // The application stopped during its start: an exchange that begins now would lose its result when the store
    // closes.
    if (this.#isStopping) return;
    this.worker.start();
    await this.reconciler.start();
    this.report.emit();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopping = true;
    const stopped = Promise.all([this.reconciler.stop(), this.worker.stop()]);
    // A store that does not answer must not keep the process alive.
    await waitAtMost(this.options.shutdownTimeoutMs + STORE_GRACE_MS, stopped);
    this.broadcaster.stop();
    this.meveto.close();
    this.poller.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.announcer.stop();
    this.cache.complete();
    await this.store.close();
  }
}
