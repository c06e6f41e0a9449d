import { MevetoEvents } from '../core/index.js';
import type { AnnouncedLogout } from '../store/index.js';
import { announceWith, closeAdapter } from './best-effort.js';
import type { LivePushDefinition } from './live-push-definition.js';
import { labelOf, LivePush } from './live-push.port.js';

/**
 * Several live push adapters at once: for example Pusher for pages, and Socket.IO for the application's own namespaces.
 */
class SeveralAdapters extends LivePush {
  override readonly label: string;

  constructor(
    private readonly adapters: readonly LivePush[],
    private readonly events: MevetoEvents,
  ) {
    super();
    this.label = adapters.map(labelOf).join(' and ');
  }

  override announce(logout: AnnouncedLogout): void {
    for (const adapter of this.adapters) announceWith(adapter, logout, this.events);
  }

  override async close(): Promise<void> {
    await Promise.all(this.adapters.map((adapter) => closeAdapter(adapter, this.events)));
  }
}

/** Combines several definitions into one. The bus between replicas is that of the first definition that has a bus. */
export function together(adapters: readonly LivePushDefinition[]): LivePushDefinition {
  const ports = adapters.map(({ port }) => port);
  const clusterBus = adapters.find((adapter) => adapter.clusterBus !== undefined)?.clusterBus;
  const isTwice = new Set(ports).size < ports.length;
  return {
    imports: adapters.flatMap(({ imports = [] }) => imports),
    controllers: adapters.flatMap(({ controllers = [] }) => controllers),
    providers: [
      ...adapters.flatMap(({ providers = [] }) => providers),
      {
        provide: SeveralAdapters,
        inject: [MevetoEvents, ...ports],
        useFactory: (events: MevetoEvents, ...created: readonly LivePush[]) =>
          new SeveralAdapters(created, events),
      },
    ],
    port: SeveralAdapters,
    ...(clusterBus !== undefined && { clusterBus }),
    faults: [
      ...adapters.flatMap(({ faults = [] }) => faults),
      ...(isTwice
        ? ['livePush: got one adapter twice, expected each once. Example: [pusher({ … }), socketIo()].']
        : []),
    ],
    missingPackages: async () =>
      (await Promise.all(adapters.map(async (adapter) => (await adapter.missingPackages?.()) ?? []))).flat(),
  };
}
