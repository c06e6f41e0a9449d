import type { LivePushDefinition } from '../live-push-definition.js';
import { HostNamespaces } from './host-namespaces.js';
import { MevetoLogoutGateway } from './meveto-logout.gateway.js';
import { SocketHandshake } from './socket-handshake.js';
import { SocketIoClusterBus } from './socket-io-cluster-bus.js';
import { resolveSocketIoOptions, type SocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { SocketWatch } from './socket-watch.js';

/**
 * Live push by the application's own Socket.IO server. The default. The cluster adapter of that server, if any, is the
 * bus between replicas.
 */
export function socketIo(given: SocketIoOptions = {}): LivePushDefinition {
  const { options, faults } = resolveSocketIoOptions(given);
  return {
    providers: [
      { provide: SOCKET_IO_OPTIONS, useValue: options },
      SocketHandshake,
      SocketWatch,
      HostNamespaces,
      SocketIoClusterBus,
      MevetoLogoutGateway,
    ],
    port: MevetoLogoutGateway,
    clusterBus: SocketIoClusterBus,
    faults,
    missingPackages,
  };
}

const NOT_INSTALLED =
  'livePush: socketIo(), the default, needs the packages @nestjs/platform-socket.io and socket.io, which cannot be loaded. ' +
  'Install them, or set livePush: false. Example: npm install @nestjs/platform-socket.io socket.io.';

/** Nest would end the process. With the option `livePush: false` nothing loads the packages. */
export const missingPackages = async (
  load: () => Promise<unknown> = () => import('@nestjs/platform-socket.io'),
): Promise<readonly string[]> => {
  try {
    await load();
    return [];
  } catch {
    return [NOT_INSTALLED];
  }
};
