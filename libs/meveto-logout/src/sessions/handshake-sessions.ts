import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { SessionFacts } from './session.js';
import { readSeenByApplication, type SocketOpening } from './read-handshake.js';
import { type ResolvedSessions, SESSIONS_OPTIONS } from './options.js';

/** How long a socket without a session is not read again: it may send many messages a second. */
const REREAD_AFTER_MS = 1_000;
const NO_SESSIONS: readonly SessionFacts[] = [];

/**
 * The sessions of open sockets. The handshake of a socket is read until a session is found. The socket then keeps this
 * session, even if the session store deletes it later.
 */
@Injectable()
export class HandshakeSessions {
  readonly #bySocket = new WeakMap<object, readonly SessionFacts[]>();
  readonly #opened = new WeakMap<object, SocketOpening>();
  readonly #reading = new WeakMap<object, Promise<readonly SessionFacts[]>>();
  /** When a socket without a session may be read again, in time of `performance.now()`. */
  readonly #rereadAt = new WeakMap<object, number>();

  constructor(
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /**
   * @param socket the open socket, or an object that identifies it while it is open
   * @param opening returns the opening of the socket
   * @throws the error of the session store, when the store cannot be read.
   * @throws {InvalidTokenException} when the handshake has too many tokens to verify.
   */
  of(
    socket: object,
    opening: () => SocketOpening,
  ): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    if (performance.now() < (this.#rereadAt.get(socket) ?? 0)) return NO_SESSIONS;
    const reading = this.#reading.get(socket) ?? this.#readOnce(socket, opening());
    this.#reading.set(socket, reading);
    return reading;
  }

  /** Remembers the opening of a socket that does not carry its request. */
  opened(socket: object, opening: SocketOpening): void {
    this.#opened.set(socket, opening);
  }

  /** As `of`, for a socket whose opening is remembered; undefined for others. */
  ofOpened(socket: object): readonly SessionFacts[] | Promise<readonly SessionFacts[]> | undefined {
    const opening = this.#opened.get(socket);
    return opening && this.of(socket, () => opening);
  }

  /** Messages that arrive during a read wait for the same read. */
  #readOnce(socket: object, opening: SocketOpening): Promise<readonly SessionFacts[]> {
    return this.#read(socket, opening).finally(() => this.#reading.delete(socket));
  }

  async #read(socket: object, opening: SocketOpening): Promise<readonly SessionFacts[]> {
    const server: unknown = this.host.httpAdapter.getInstance();
    const sessions = await readSeenByApplication(this.options.sessions, opening, server);
    // A socket without a session may get one later, so it is read again.
    if (sessions.length > 0) this.#bySocket.set(socket, sessions);
    else this.#rereadAt.set(socket, performance.now() + REREAD_AFTER_MS);
    return sessions;
  }
}
