import type { LivePushDefinition } from '../live-push-definition.js';
import { HostNamespaces } from './host-namespaces.js';
import { LivePushGateway } from './live-push.gateway.js';
import { SocketHandshake } from './socket-handshake.js';
import { SocketIoClusterBus } from './socket-io-cluster-bus.js';
import { resolveSocketIoOptions, type SocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { SocketWatch } from './socket-watch.js';

/**
 * Live push by the application's own Socket.IO server; the default. Its cluster adapter, if it has one, is the bus between
 * replicas.
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
      LivePushGateway,
    ],
    port: LivePushGateway,
    clusterBus: SocketIoClusterBus,
    faults,
  };
}
