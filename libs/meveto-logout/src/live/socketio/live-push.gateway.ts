import { Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { NAMESPACE } from '../../client/protocol.js';
import type { Logout } from '../../model/logout.js';
import type { SessionFacts } from '../../model/session.js';
import { Counters } from '../../observe/counters.js';
import { LivePush } from '../live-push.port.js';
import { HostNamespaces } from './host-namespaces.js';
import { HandshakeRefusal, SocketHandshake } from './socket-handshake.js';
import { SocketIoClusterBus } from './socket-io-cluster-bus.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { SocketWatch } from './socket-watch.js';

/**
 * Tells open browsers at once that their session is over, and disconnects them: the sockets of this process, as soon as
 * this process learns of a logout. Best effort; the guard is what protects.
 *
 * It uses the application's own Socket.IO server and adapter.
 */
@WebSocketGateway({ namespace: NAMESPACE })
export class LivePushGateway
  extends LivePush
  implements OnGatewayInit, OnGatewayConnection, OnApplicationBootstrap
{
  readonly #atHandshake = new WeakMap<Socket, readonly SessionFacts[]>();

  constructor(
    @Inject(SocketHandshake) private readonly handshake: SocketHandshake,
    @Inject(SocketWatch) private readonly watch: SocketWatch,
    @Inject(HostNamespaces) private readonly hostNamespaces: HostNamespaces,
    @Inject(SocketIoClusterBus) private readonly bus: SocketIoClusterBus,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(SOCKET_IO_OPTIONS) private readonly options: ResolvedSocketIoOptions,
  ) {
    super();
  }

  afterInit(namespace: Namespace): void {
    // Guards do not run when a socket connects; a middleware does, before the connection counts.
    namespace.use((socket, next) => {
      this.#enter(socket).then(
        () => next(),
        (error: unknown) => {
          this.counters.add('sockets_refused');
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
    // There is nothing to be said here: whatever a client sends is dropped.
    socket.use(() => undefined);
    try {
      const sessions = this.#atHandshake.get(socket) ?? (await this.handshake.sessionsOf(socket));
      // Several handshakes at once have all been let in before one of them counted.
      if (this.#isFull(sessions)) socket.disconnect();
      else this.watch.watch(socket, sessions);
    } catch {
      // Recovered, without the middleware having seen it, and without a session.
      socket.disconnect();
    } finally {
      // It holds the token, and is not needed any more.
      socket.handshake.auth = {};
    }
  }

  override announce({ userId }: Logout): void {
    this.watch.loggedOut(userId);
  }

  override close(): void {
    this.watch.close();
  }

  /** A session that is over is let in, to be told so. */
  async #enter(socket: Socket): Promise<void> {
    const sessions = await this.handshake.sessionsOf(socket);
    if (this.watch.refusalOf(sessions) === undefined) this.handshake.checkFreshness();
    if (this.#isFull(sessions)) throw new HandshakeRefusal('too-many-sockets');
    this.#atHandshake.set(socket, sessions);
  }

  /** What is over is told and gone at once, and takes no place. */
  #isFull(sessions: readonly SessionFacts[]): boolean {
    if (this.watch.refusalOf(sessions) !== undefined) return false;
    const { maxSocketsPerUser } = this.options;
    return sessions.some(({ userId }) => this.watch.countOf(String(userId)) >= maxSocketsPerUser);
  }
}
