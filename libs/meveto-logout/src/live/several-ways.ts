import type { AnnouncedLogout } from '../model/logout.js';
import { announceBy, closeWay } from './best-effort.js';
import type { LivePushDefinition } from './live-push-definition.js';
import { LivePush } from './live-push.port.js';

/** Ways of live push side by side: Pusher for pages, and Socket.IO for the application's own namespaces. */
export class SeveralWays extends LivePush {
  constructor(private readonly ways: readonly LivePush[]) {
    super();
  }

  override announce(logout: AnnouncedLogout): void {
    for (const way of this.ways) announceBy(way, logout);
  }

  override async close(): Promise<void> {
    await Promise.all(this.ways.map(closeWay));
  }
}

/** One definition of several. The bus between replicas is that of the first that has one. */
export function together(ways: readonly LivePushDefinition[]): LivePushDefinition {
  const ports = ways.map(({ port }) => port);
  const clusterBus = ways.find((way) => way.clusterBus !== undefined)?.clusterBus;
  const isTwice = new Set(ports).size < ports.length;
  return {
    imports: ways.flatMap(({ imports = [] }) => imports),
    controllers: ways.flatMap(({ controllers = [] }) => controllers),
    providers: [
      ...ways.flatMap(({ providers = [] }) => providers),
      {
        provide: SeveralWays,
        inject: ports,
        useFactory: (...made: readonly LivePush[]) => new SeveralWays(made),
      },
    ],
    port: SeveralWays,
    ...(clusterBus !== undefined && { clusterBus }),
    faults: [
      ...ways.flatMap(({ faults = [] }) => faults),
      ...(isTwice
        ? ['livePush: got one way twice, wanted each once. Example: [pusher({ … }), socketIo()].']
        : []),
    ],
  };
}
