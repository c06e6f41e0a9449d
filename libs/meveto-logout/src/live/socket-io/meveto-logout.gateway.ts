import { Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { NAMESPACE } from '../../protocol/index.js';
import { type SessionFacts, SessionValidator } from '../../sessions/index.js';
import { MevetoEvents } from '../../core/index.js';
import { liveEvents } from '../events.js';
import { LivePush } from '../live-push.port.js';
import { HostNamespaces } from './host-namespaces.js';
import { HandshakeRefusal, SocketHandshake } from './socket-handshake.js';
import { SocketIoClusterBus } from './socket-io-cluster-bus.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { SocketWatch } from './socket-watch.js';

/**
 * Notifies open browsers at once that the session is over, and disconnects the sockets of this process as soon as this
 * process learns of the logout. Best effort: the guard protects the routes. Uses the application's own Socket.IO server
 * and adapter. Has no `announce`: `OpenConnections` notifies these sockets, as all other connections of this process.
 */
@WebSocketGateway({ namespace: NAMESPACE })
export class MevetoLogoutGateway
  extends LivePush
  implements OnGatewayInit, OnGatewayConnection, OnApplicationBootstrap
{
  override readonly label = `Socket.IO ${NAMESPACE}`;
  readonly #atHandshake = new WeakMap<Socket, readonly SessionFacts[]>();

  constructor(
    @Inject(SocketHandshake) private readonly handshake: SocketHandshake,
    @Inject(SocketWatch) private readonly watch: SocketWatch,
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(HostNamespaces) private readonly hostNamespaces: HostNamespaces,
    @Inject(SocketIoClusterBus) private readonly bus: SocketIoClusterBus,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
    @Inject(SOCKET_IO_OPTIONS) private readonly options: ResolvedSocketIoOptions,
  ) {
    super();
  }

  afterInit(namespace: Namespace): void {
    // Guards do not run when a socket connects. A middleware runs before the connection is established.
    namespace.use((socket, next) => {
      this.#checkHandshake(socket).then(
        () => next(),
        (error: unknown) => {
          this.events.emit(liveEvents.MEVETO_SOCKET_REFUSED);
          next(HandshakeRefusal.of(error));
        },
      );
    });
    this.bus.attach(namespace);
    this.hostNamespaces.attach(namespace.server);
  }

  onApplicationBootstrap(): void {
    this.hostNamespaces.warnOfMissing();
  }

  async handleConnection(socket: Socket): Promise<void> {
    // Drop every packet from the client: this namespace only sends.
    socket.use(() => undefined);
    try {
      const sessions = this.#atHandshake.get(socket) ?? (await this.handshake.sessionsOf(socket));
      // Concurrent handshakes may all pass the limit before the first one is counted.
      if (this.#isFull(sessions)) socket.disconnect();
      else this.watch.watch(socket, sessions);
    } catch {
      // A recovered socket skips the middleware and may have no session.
      socket.disconnect();
    } finally {
      // The handshake holds the token, which is no longer needed.
      socket.handshake.auth = {};
    }
  }

  /** Accepts sockets of ended sessions, so that they receive the event. */
  async #checkHandshake(socket: Socket): Promise<void> {
    const sessions = await this.handshake.sessionsOf(socket);
    const refusal = this.validator.refusalOf(sessions);
    if (refusal?.reason === 'logout-state-unknown') throw HandshakeRefusal.for(refusal);
    if (this.#isFull(sessions)) throw new HandshakeRefusal('too-many-sockets');
    this.#atHandshake.set(socket, sessions);
  }

  /** Ended sessions do not count: their sockets receive the event and are disconnected at once. */
  #isFull(sessions: readonly SessionFacts[]): boolean {
    if (this.validator.firstOver(sessions) !== undefined) return false;
    const { maxSocketsPerUser } = this.options;
    return sessions.some(({ userId }) => this.watch.countOf(String(userId)) >= maxSocketsPerUser);
  }
}
