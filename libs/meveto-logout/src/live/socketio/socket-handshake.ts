import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { OneWarning } from '../../observe/one-warning.js';
import type { ConnectRefusal } from '../../client/protocol.js';
import { KnownLogouts } from '../../logout/known-logouts.js';
import type { SessionFacts } from '../../model/session.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { withAccessToken } from '../../session/handshake-request.js';
import { hasLateReaders, readHandshake } from '../../session/read-sessions.js';
import { RESOLVED_OPTIONS } from '../../tokens.js';
import { isAllowedOrigin } from '../allowed-origin.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';

/** Longer access tokens are taken for none. */
const MAX_TOKEN_CHARS = 8_192;
const WARN_EVERY_MS = 10_000;

const MESSAGES: Readonly<Record<ConnectRefusal, string>> = {
  'not-logged-in': 'There is no session to watch. Log in first.',
  'foreign-origin': 'Pages of other sites may not connect.',
  'too-many-sockets': 'This user has too many open connections. Try again later.',
  'logged-out': 'The session is over. Log in again.',
  expired: 'The session is too old. Log in again.',
  unavailable: 'The session cannot be read at the moment. Try again shortly.',
};

/** A refused handshake: the client's `connect_error` has its code as `data.code`. */
export class HandshakeRefusal extends Error {
  readonly data: { readonly code: ConnectRefusal };

  constructor(code: ConnectRefusal) {
    super(MESSAGES[code]);
    this.name = 'HandshakeRefusal';
    this.data = { code };
  }

  /** Whatever went wrong, as something that a client may see. */
  static of(error: unknown): HandshakeRefusal {
    return error instanceof HandshakeRefusal ? error : new HandshakeRefusal('unavailable');
  }
}

/** Finds the session of a Socket.IO handshake with the same readers as the guard. */
@Injectable()
export class SocketHandshake {
  readonly #logger = new Logger('MevetoLogout');
  readonly #lateWarning = new OneWarning(
    'A live connection shows no session, and request.user, which requestUser() reads, is not set there: such connections cannot ' +
      'be watched. Give it what sets request.user: requestUser({ handshake: [sessionMiddleware, passport.session()] }).',
  );
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SOCKET_IO_OPTIONS) private readonly socketIo: ResolvedSocketIoOptions,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /**
   * The sessions of a socket of the module's own namespace.
   * @throws {HandshakeRefusal} when there is none, it cannot be read, or the page is another site's.
   */
  async sessionsOf(socket: Socket): Promise<readonly SessionFacts[]> {
    if (!isAllowedOrigin(socket.request.headers, this.socketIo.origins)) {
      throw new HandshakeRefusal('foreign-origin');
    }
    const sessions = await this.read(socket);
    if (sessions.length > 0) return sessions;
    // Whom only a guard of the application makes known may be logged in all the same: no page must leave for that.
    throw new HandshakeRefusal(hasLateReaders(this.options.sessions) ? 'unavailable' : 'not-logged-in');
  }

  /**
   * The sessions of any socket, none included.
   * @throws {HandshakeRefusal} when they cannot be read.
   */
  async read(socket: Socket): Promise<readonly SessionFacts[]> {
    const token: unknown = socket.handshake.auth['token'];
    const isOverlong = typeof token === 'string' && token.length > MAX_TOKEN_CHARS;
    const request = isOverlong ? socket.request : withAccessToken(socket.request, token);
    try {
      const server: unknown = this.host.httpAdapter.getInstance();
      const sessions = await readHandshake(this.options.sessions, request, server);
      if (sessions.length === 0 && hasLateReaders(this.options.sessions)) this.#lateWarning.pass();
      return sessions;
    } catch {
      this.#warn();
      throw new HandshakeRefusal('unavailable');
    }
  }

  /** @throws {HandshakeRefusal} when too little is known of logouts to let anybody in. */
  checkFreshness(): void {
    if (this.known.ageMs() > this.options.stalenessLimitMs) throw new HandshakeRefusal('unavailable');
  }

  /** When the session store is down, every browser tries again and again. */
  #warn(): void {
    if (performance.now() < this.#warnedAt + WARN_EVERY_MS) return;
    this.#warnedAt = performance.now();
    this.#logger.warn('A live connection was refused: its session cannot be read at the moment.');
  }
}
