import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { MevetoEvents } from '../../core/index.js';
import { liveEvents } from '../events.js';
import type { ConnectErrorData, ConnectRefusal } from '../../protocol/index.js';
import { bodyOf, ConnectionRefused, type Refusal, refusalBody } from '../../guard/index.js';
import {
  hasLateReaders,
  InvalidTokenException,
  readHandshake,
  readSeenByApplication,
  type ResolvedSessions,
  type SessionFacts,
  SESSIONS_OPTIONS,
  type SessionRefusal,
  ReaderAudit,
  socketIoOpening,
} from '../../sessions/index.js';
import { isAllowedOrigin } from '../allowed-origin.js';
import type { ResolvedSocketIoOptions } from './socket-io-options.js';
import { SOCKET_IO_OPTIONS } from './socket-io-tokens.js';

/** The reasons of handshakes, in addition to those of the guard: the corresponding HTTP status and the message. */
const ANSWERS = {
  'not-logged-in': [401, 'There is no session to watch. Log in first.'],
  'foreign-origin': [403, 'Pages of other sites may not connect.'],
  'too-many-sockets': [429, 'This user has too many open connections. Try again later.'],
  unavailable: [503, 'The session cannot be read at the moment. Try again shortly.'],
} as const satisfies Partial<Record<ConnectRefusal, readonly [number, string]>>;

type HandshakeReason = keyof typeof ANSWERS;

/** A refused handshake. The compiler checks `data`, with the guard's reasons, against the documented type. */
export class HandshakeRefusal
  extends ConnectionRefused<HandshakeReason>
  implements Readonly<Record<'data', ConnectErrorData>>
{
  constructor(why: HandshakeReason | Refusal) {
    super(typeof why === 'string' ? refusalBody(ANSWERS[why][0], why, ANSWERS[why][1]) : bodyOf(why));
  }

  /** Converts any error into one that a client may see. */
  static of(error: unknown): HandshakeRefusal {
    return error instanceof HandshakeRefusal ? error : new HandshakeRefusal('unavailable');
  }

  /** An unknown state is `unavailable` here. */
  static for(refusal: SessionRefusal): HandshakeRefusal {
    return new HandshakeRefusal(refusal.reason === 'logout-state-unknown' ? 'unavailable' : refusal);
  }
}

/** Finds the session of a Socket.IO handshake with the same readers as the guard. */
@Injectable()
export class SocketHandshake {
  constructor(
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(SOCKET_IO_OPTIONS) private readonly socketIo: ResolvedSocketIoOptions,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ReaderAudit) private readonly audit: ReaderAudit,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  /**
   * The sessions of a socket of the module's own namespace.
   * @throws {HandshakeRefusal} when there is no session, the session cannot be read, or the page belongs to another
   * site.
   */
  async sessionsOf(socket: Socket): Promise<readonly SessionFacts[]> {
    if (!isAllowedOrigin(socket.request.headers, this.socketIo.origins)) {
      throw new HandshakeRefusal('foreign-origin');
    }
    const sessions = await this.read(socket, readHandshake);
    if (sessions.length > 0) return sessions;
    // A user that only a guard of the application can read may still be logged in: the page must not leave.
    throw new HandshakeRefusal(hasLateReaders(this.options.sessions) ? 'unavailable' : 'not-logged-in');
  }

  /**
   * The sessions of any socket; may be empty.
   * @throws {HandshakeRefusal} when the sessions cannot be read, or the handshake shows more tokens than the limit.
   */
  async read(socket: Socket, how = readSeenByApplication): Promise<readonly SessionFacts[]> {
    try {
      const server: unknown = this.host.httpAdapter.getInstance();
      const sessions = await how(this.options.sessions, socketIoOpening(socket), server);
      if (sessions.length > 0) this.audit.read(sessions);
      else if (hasLateReaders(this.options.sessions))
        this.events.emit(liveEvents.MEVETO_HANDSHAKE_WITHOUT_USER);
      return sessions;
    } catch (error) {
      if (error instanceof InvalidTokenException) throw new HandshakeRefusal({ reason: error.reason });
      this.events.emit(liveEvents.MEVETO_HANDSHAKE_UNAVAILABLE);
      throw new HandshakeRefusal('unavailable');
    }
  }
}
