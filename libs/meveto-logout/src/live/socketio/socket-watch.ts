import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { LOGGED_OUT_EVENT, type LoggedOutMessage, NAMESPACE } from '../../client/protocol.js';
import { KnownLogouts } from '../../logout/known-logouts.js';
import { Clock } from '../../model/clock.js';
import { type RefusalReason, refusalOf } from '../../model/session-verdict.js';
import type { SessionFacts } from '../../model/session.js';
import { Counters } from '../../observe/counters.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { SessionIndex } from '../../session/session-index.js';
import { RESOLVED_OPTIONS } from '../../tokens.js';
import { RedirectPace } from '../redirect-pace.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';
import { Turns } from './turns.js';

const SWEEP_EVERY_MS = 5_000;

type Sessions = readonly SessionFacts[];

/**
 * The open sockets of this process by user, on the module's namespace and on the application's own ones: tells and
 * disconnects those whose session is over, and nobody else. Each process does so for its own sockets, since what is
 * emitted and disconnected across processes may overtake each other.
 */
@Injectable()
export class SocketWatch {
  readonly #logger = new Logger('MevetoLogout');
  readonly #open = new SessionIndex<Socket>();
  /** In order: of many, all are told before the first one waits for another's disconnection. */
  readonly #goodbyes = new Turns<() => void>((next) => {
    next();
  });
  readonly #pace: RedirectPace;
  readonly #sweeping: NodeJS.Timeout;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SOCKET_IO_OPTIONS) { redirectsPerSecond }: ResolvedSocketIoOptions,
  ) {
    this.#pace = new RedirectPace(redirectsPerSecond);
    this.#sweeping = setInterval(() => {
      this.#sweep();
    }, SWEEP_EVERY_MS).unref();
  }

  /** Why one of these sessions is over; undefined while all are live. */
  refusalOf(sessions: Sessions): RefusalReason | undefined {
    for (const session of sessions) {
      const reason = refusalOf(session, this.known, this.clock.now(), this.options.maxSessionAgeMs);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Watches a connected socket until it disconnects. One whose session is over is told so at once. */
  watch(socket: Socket, sessions: Sessions): void {
    if (!socket.connected || sessions.length === 0) return;
    this.#open.add(socket, sessions);
    socket.once('disconnect', () => {
      this.#open.remove(socket);
    });
    if (this.refusalOf(sessions) !== undefined) this.#tell(socket);
  }

  /** Open sockets of this user on the module's namespace. */
  countOf(userId: string): number {
    return this.#open.ofUser(userId).filter((socket) => socket.nsp.name === NAMESPACE).length;
  }

  loggedOut(userId: string): void {
    for (const socket of this.#open.ofUser(userId)) this.#sayGoodbye(socket);
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  /** Sessions end by their age, too, and nobody announces that. */
  #sweep(): void {
    for (const [socket, sessions] of this.#open) {
      if (!socket.connected) this.#open.remove(socket);
      else if (this.refusalOf(sessions) !== undefined) this.#sayGoodbye(socket);
    }
  }

  #sayGoodbye(socket: Socket): void {
    this.#goodbyes.add(() => {
      this.#tell(socket);
    });
  }

  #tell(socket: Socket): void {
    const over = this.#open.sessionsOf(socket).find((session) => this.refusalOf([session]) !== undefined);
    if (over === undefined || !socket.connected) return;
    this.#open.remove(socket);
    try {
      // `local` and by room: with connection state recovery, `socket.emit` waits for the adapter and comes too late.
      socket.nsp.local.to(socket.id).emit(LOGGED_OUT_EVENT, this.#messageFor(over));
      this.counters.add('sockets_told');
    } catch {
      this.#logger.warn('A browser could not be told of a logout. Its next request is refused.');
    }
    this.#goodbyes.add(() => {
      disconnect(socket);
    });
  }

  #messageFor(over: SessionFacts): LoggedOutMessage {
    const reason = this.refusalOf([over]) ?? 'logged-out';
    const loggedOutAt = reason === 'logged-out' ? this.known.loggedOutAt(String(over.userId)) : undefined;
    const delayMs = this.#pace.nextDelayMs();
    return {
      loggedOutAt: new Date(loggedOutAt ?? this.clock.now()).toISOString(),
      redirectTo: this.options.whenLoggedOut.redirectTo,
      reason,
      ...(delayMs > 0 && { delayMs }),
    };
  }
}

/** Also when a listener of the application's throws meanwhile, which leaves the socket as it was. */
function disconnect(socket: Socket): void {
  try {
    socket.disconnect();
  } catch {
    socket.conn.close();
  }
}
