import { Inject, Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { Counters } from '../../core/index.js';
import { GUARD_OPTIONS, type ResolvedGuard } from '../../guard/index.js';
import { LOGGED_OUT_EVENT, type LoggedOutMessage, NAMESPACE } from '../../protocol/index.js';
import {
  type ConnectionKind,
  OpenConnections,
  type SessionFacts,
  type SessionOver,
  SessionValidator,
} from '../../sessions/index.js';
import { RedirectPace } from '../redirect-pace.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';

/**
 * The open sockets of this process, on the module's namespace and on the application's own ones. Notifies and disconnects the
 * sockets of ended sessions only. Each process handles its own sockets: across processes, an emit and a disconnect may
 * overtake each other.
 */
@Injectable()
export class SocketWatch implements ConnectionKind<Socket> {
  /** One listener for all sockets: a closure for each would cost memory for each open page. */
  readonly #onDisconnect: (this: Socket) => void;
  readonly #pace: RedirectPace;

  constructor(
    @Inject(OpenConnections) private readonly connections: OpenConnections,
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(GUARD_OPTIONS) private readonly guardOptions: ResolvedGuard,
    @Inject(SOCKET_IO_OPTIONS) { redirectsPerSecond }: ResolvedSocketIoOptions,
  ) {
    this.#pace = new RedirectPace(redirectsPerSecond);
    const remove = (socket: Socket): void => {
      connections.remove(this, socket);
    };
    this.#onDisconnect = function () {
      remove(this);
    };
  }

  /** Watches a connected socket until it disconnects. Notifies a socket of an ended session at once. */
  watch(socket: Socket, sessions: readonly SessionFacts[]): void {
    if (!socket.connected || sessions.length === 0) return;
    this.connections.add(this, socket, sessions);
    socket.on('disconnect', this.#onDisconnect);
    this.connections.endIfOver(this, socket);
  }

  /** Number of open sockets of this user on the module's namespace. */
  countOf(userId: string): number {
    return this.connections.ofUser(this, userId).filter((socket) => socket.nsp.name === NAMESPACE).length;
  }

  isOpen({ connected }: Socket): boolean {
    return connected;
  }

  notify(socket: Socket, session: SessionFacts, over: SessionOver): void {
    // Use `local` and the room: with connection state recovery, `socket.emit` waits for the adapter and arrives too late.
    socket.nsp.local.to(socket.id).emit(LOGGED_OUT_EVENT, this.#messageFor(session, over));
    this.counters.add('sockets_notified');
  }

  /** Closes the connection even when a listener of the application throws during the disconnect. */
  close(socket: Socket): void {
    try {
      socket.disconnect();
    } catch {
      socket.conn.close();
    }
  }

  #messageFor(session: SessionFacts, { reason, cause }: SessionOver): LoggedOutMessage {
    const delayMs = this.#pace.nextDelayMs();
    return {
      loggedOutAt: new Date(this.validator.endOf(session)).toISOString(),
      redirectTo: this.guardOptions.whenLoggedOut.redirectTo,
      reason,
      ...(cause !== undefined && { cause }),
      ...(delayMs > 0 && { delayMs }),
    };
  }
}
