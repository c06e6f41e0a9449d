import { Inject, Logger } from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { LOGGED_OUT_EVENT, type LoggedOutMessage, NAMESPACE } from '../../client/protocol.js';
import { KnownLogouts } from '../../logout/known-logouts.js';
import { Clock } from '../../model/clock.js';
import { type RefusalReason, refusalOf } from '../../model/session-verdict.js';
import type { Logout } from '../../model/logout.js';
import type { SessionFacts } from '../../model/session.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../../tokens.js';
import { LivePush } from '../live-push.port.js';
import { HandshakeRefusal, SocketHandshake } from './socket-handshake.js';

/**
 * Tells open browsers at once that their session is over, and disconnects them: the sockets of this process, as soon as
 * this process learns of a logout. Best effort; the guard is what protects.
 *
 * It uses the application's own Socket.IO server and adapter.
 */
@WebSocketGateway({ namespace: NAMESPACE })
export class LivePushGateway
  extends LivePush
  implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect
{
  readonly #logger = new Logger('MevetoLogout');
  readonly #sockets = new Map<string, Set<Socket>>();

  constructor(
    @Inject(SocketHandshake) private readonly handshake: SocketHandshake,
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    super();
  }

  afterInit(namespace: Namespace): void {
    // Guards do not run when a socket connects; a middleware does, before the connection counts.
    namespace.use((socket, next) => {
      this.#authenticate(socket).then(
        () => {
          next();
        },
        (error: unknown) => {
          next(HandshakeRefusal.of(error));
        },
      );
    });
  }

  handleConnection(socket: Socket): void {
    const { sessions } = socket.data as SocketData;
    for (const { userId } of sessions) {
      const key = String(userId);
      const ofUser = this.#sockets.get(key) ?? new Set();
      this.#sockets.set(key, ofUser.add(socket));
    }
    // A browser that was away during the logout hears of it now.
    this.#tellIfOver(socket);
  }

  handleDisconnect(socket: Socket): void {
    for (const { userId } of (socket.data as Partial<SocketData>).sessions ?? []) {
      const key = String(userId);
      const ofUser = this.#sockets.get(key);
      ofUser?.delete(socket);
      if (ofUser?.size === 0) this.#sockets.delete(key);
    }
  }

  override announce({ userId }: Logout): void {
    for (const socket of [...(this.#sockets.get(userId) ?? [])]) this.#tellIfOver(socket);
  }

  async #authenticate(socket: Socket): Promise<void> {
    const sessions = await this.handshake.sessionsOf(socket);
    const isOver = sessions.some((session) => this.#refusalOf(session) !== undefined);
    if (!isOver && this.known.ageMs() > this.options.maxStalenessMs)
      throw new HandshakeRefusal('unavailable');
    socket.data = { sessions } satisfies SocketData;
  }

  #refusalOf(session: SessionFacts): RefusalReason | undefined {
    return refusalOf(session, this.known, this.clock.now(), this.options.maxSessionAgeMs);
  }

  #tellIfOver(socket: Socket): void {
    const { sessions } = socket.data as SocketData;
    const over = sessions.find((session) => this.#refusalOf(session) !== undefined);
    if (over === undefined) return;
    const message: LoggedOutMessage = {
      loggedOutAt: new Date(this.known.loggedOutAt(String(over.userId)) ?? this.clock.now()).toISOString(),
      redirectTo: this.options.whenLoggedOut.redirectTo,
      reason: this.#refusalOf(over) ?? 'logged-out',
    };
    try {
      socket.emit(LOGGED_OUT_EVENT, message);
      socket.disconnect();
    } catch {
      this.#logger.warn('A browser could not be told of a logout. Its next request is refused.');
    }
  }
}

interface SocketData {
  readonly sessions: readonly SessionFacts[];
}
