import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { LOGGED_OUT_EVENT, type LoggedOutMessage, NAMESPACE } from '../../client/protocol.js';
import { KnownLogouts } from '../../logout/known-logouts.js';
import { Clock } from '../../model/clock.js';
import { type RefusalReason, refusalOf } from '../../model/session-verdict.js';
import type { SessionFacts } from '../../model/session.js';
import { Counters } from '../../observe/counters.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../../tokens.js';
import { RedirectPace } from './redirect-pace.js';
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
  readonly #byUser = new Map<string, Set<Socket>>();
  readonly #sessions = new Map<Socket, Sessions>();
  readonly #goodbyes = new Turns<Socket>((socket) => {
    this.#sayGoodbye(socket);
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
    this.#sessions.set(socket, sessions);
    for (const { userId } of sessions) {
      const key = String(userId);
      this.#byUser.set(key, (this.#byUser.get(key) ?? new Set<Socket>()).add(socket));
    }
    socket.once('disconnect', () => {
      this.#forget(socket);
    });
    if (this.refusalOf(sessions) !== undefined) this.#sayGoodbye(socket);
  }

  /** Open sockets of this user on the module's namespace. */
  countOf(userId: string): number {
    let count = 0;
    for (const socket of this.#byUser.get(userId) ?? []) if (socket.nsp.name === NAMESPACE) count += 1;
    return count;
  }

  loggedOut(userId: string): void {
    for (const socket of this.#byUser.get(userId) ?? []) this.#goodbyes.add(socket);
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  /** Sessions end by their age, too, and nobody announces that. */
  #sweep(): void {
    for (const [socket, sessions] of this.#sessions) {
      if (!socket.connected) this.#forget(socket);
      else if (this.refusalOf(sessions) !== undefined) this.#goodbyes.add(socket);
    }
  }

  #forget(socket: Socket): void {
    for (const { userId } of this.#sessions.get(socket) ?? []) {
      const key = String(userId);
      const ofUser = this.#byUser.get(key);
      ofUser?.delete(socket);
      if (ofUser?.size === 0) this.#byUser.delete(key);
    }
    this.#sessions.delete(socket);
  }

  #sayGoodbye(socket: Socket): void {
    const sessions = this.#sessions.get(socket) ?? [];
    const over = sessions.find((session) => this.refusalOf([session]) !== undefined);
    if (over === undefined || !socket.connected) return;
    try {
      // `local` and by room: with connection state recovery, `socket.emit` waits for the adapter and comes too late.
      socket.nsp.local.to(socket.id).emit(LOGGED_OUT_EVENT, this.#messageFor(over));
      socket.disconnect();
      this.counters.add('sockets_told');
    } catch {
      this.#logger.warn('A browser could not be told of a logout. Its next request is refused.');
    }
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
