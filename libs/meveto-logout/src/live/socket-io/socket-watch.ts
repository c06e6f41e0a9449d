import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { LOGGED_OUT_EVENT, type LoggedOutMessage, NAMESPACE } from '../../protocol/index.js';
import { LogoutCache, LOGOUTS_OPTIONS, type ResolvedLogouts } from '../../logouts/index.js';
import { Clock, Counters } from '../../core/index.js';
import { refusalOf, type RefusalReason, type SessionFacts, SessionIndex } from '../../sessions/index.js';
import { RedirectPace } from '../redirect-pace.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { EventLoopBatches } from './event-loop-batches.js';
import { GUARD_OPTIONS, type ResolvedGuard } from '../../guard/index.js';

const SWEEP_EVERY_MS = 5_000;

type Sessions = readonly SessionFacts[];

/**
 * Tracks the open sockets of this process by user, on the module's namespace and on the application's own ones. Notifies
 * and disconnects the sockets of ended sessions only. Each process handles its own sockets: across processes, an emit
 * and a disconnect may overtake each other.
 */
@Injectable()
export class SocketWatch {
  readonly #logger = new Logger('MevetoLogout');
  readonly #open = new SessionIndex<Socket>();
  /** All sockets get the message before the first one is disconnected. */
  readonly #queue = new EventLoopBatches<() => void>((next) => {
    next();
  });
  /** One listener for all sockets: a closure for each would cost memory for each open page. */
  readonly #onDisconnect: (this: Socket) => void;
  readonly #pace: RedirectPace;
  readonly #sweeping: NodeJS.Timeout;

  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(LOGOUTS_OPTIONS) private readonly logoutsOptions: ResolvedLogouts,
    @Inject(GUARD_OPTIONS) private readonly guardOptions: ResolvedGuard,
    @Inject(SOCKET_IO_OPTIONS) { redirectsPerSecond }: ResolvedSocketIoOptions,
  ) {
    this.#pace = new RedirectPace(redirectsPerSecond);
    const open = this.#open;
    this.#onDisconnect = function () {
      open.remove(this);
    };
    this.#sweeping = setInterval(() => {
      this.#sweep();
    }, SWEEP_EVERY_MS).unref();
  }

  /** The reason why one of these sessions is over; undefined while all are live. */
  refusalOf(sessions: Sessions): RefusalReason | undefined {
    for (const session of sessions) {
      const reason = refusalOf(session, this.cache, this.clock.now(), this.logoutsOptions.maxSessionAgeMs);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Watches a connected socket until it disconnects. Notifies a socket of an ended session at once. */
  watch(socket: Socket, sessions: Sessions): void {
    if (!socket.connected || sessions.length === 0) return;
    this.#open.add(socket, sessions);
    socket.on('disconnect', this.#onDisconnect);
    if (this.refusalOf(sessions) !== undefined) this.#notify(socket);
  }

  /** Number of open sockets of this user on the module's namespace. */
  countOf(userId: string): number {
    return this.#open.ofUser(userId).filter((socket) => socket.nsp.name === NAMESPACE).length;
  }

  loggedOut(userId: string): void {
    for (const socket of this.#open.ofUser(userId)) this.#scheduleDisconnect(socket);
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  /** Finds sessions that ended by age: no event announces them. */
  #sweep(): void {
    for (const [socket, sessions] of this.#open) {
      if (!socket.connected) this.#open.remove(socket);
      else if (this.refusalOf(sessions) !== undefined) this.#scheduleDisconnect(socket);
    }
  }

  #scheduleDisconnect(socket: Socket): void {
    this.#queue.add(() => {
      this.#notify(socket);
    });
  }

  #notify(socket: Socket): void {
    const over = this.#open.sessionsOf(socket).find((session) => this.refusalOf([session]) !== undefined);
    if (over === undefined || !socket.connected) return;
    this.#open.remove(socket);
    try {
      // Use `local` and the room: with connection state recovery, `socket.emit` waits for the adapter and arrives too
      // late.
      socket.nsp.local.to(socket.id).emit(LOGGED_OUT_EVENT, this.#messageFor(over));
      this.counters.add('sockets_notified');
    } catch {
      this.#logger.warn('A browser could not be notified of a logout. Its next request is refused.');
    }
    this.#queue.addLater(() => {
      disconnect(socket);
    });
  }

  #messageFor(over: SessionFacts): LoggedOutMessage {
    const reason = this.refusalOf([over]) ?? 'logged-out';
    const userId = String(over.userId);
    const isLogout = reason === 'logged-out';
    const loggedOutAt = isLogout ? this.cache.loggedOutAt(userId) : undefined;
    const cause = isLogout ? this.cache.reasonOf(userId) : undefined;
    const delayMs = this.#pace.nextDelayMs();
    return {
      loggedOutAt: new Date(loggedOutAt ?? this.clock.now()).toISOString(),
      redirectTo: this.guardOptions.whenLoggedOut.redirectTo,
      reason,
      ...(cause !== undefined && { cause }),
      ...(delayMs > 0 && { delayMs }),
    };
  }
}

/** Closes the connection even when a listener of the application throws during the disconnect. */
function disconnect(socket: Socket): void {
  try {
    socket.disconnect();
  } catch {
    socket.conn.close();
  }
}
