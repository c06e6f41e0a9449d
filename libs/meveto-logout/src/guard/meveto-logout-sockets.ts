import { Inject, Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { withAccessToken } from '../session/handshake-request.js';
import { HandshakeSessions } from '../session/handshake-sessions.js';
import type { SessionRequest } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { OpenStreams, UNAUTHORIZED } from './open-streams.js';
import { type MessageRefusal, messageRefusal } from './refusal.js';
import { SessionJudge } from './session-judge.js';

/** A middleware of Socket.IO. */
export type SocketMiddleware = (socket: Socket, next: (error?: Error) => void) => void;

/** A socket of the package `ws`, as far as it is needed. */
export interface ClosableSocket {
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

/** To clients of the `ws` adapter: try again later. */
const TRY_AGAIN_LATER = 1013;

/** A refused connection: the client's `connect_error` has why as `data`. */
class ConnectionRefused extends Error {
  constructor(readonly data: MessageRefusal) {
    super(data.message);
    this.name = 'ConnectionRefused';
  }
}

/** For the application's own gateways: of Socket.IO, and of the `ws` adapter. */
@Injectable()
export class MevetoLogoutSockets {
  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(HandshakeSessions) private readonly handshakes: HandshakeSessions,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * For Socket.IO. Refuses connections with a session that is over. Guards run for messages and never when a socket
   * connects, so let the gateway use it:
   * `afterInit(server: Server) { server.use(this.mevetoLogoutSockets.middleware()) }`.
   * Whoever has no session passes, as with the guard.
   */
  middleware(): SocketMiddleware {
    return (socket, next) => {
      this.#refusalOf(socket).then(
        (refusal) => {
          next(refusal === undefined ? undefined : new ConnectionRefused(messageRefusal(refusal)));
        },
        () => {
          // The session store cannot be read.
          next(new ConnectionRefused(messageRefusal('logout-state-unknown')));
        },
      );
    };
  }

  async #refusalOf(socket: Socket) {
    const handshake = () => withAccessToken(socket.request, socket.handshake.auth['token']);
    const sessions = await this.handshakes.of(socket, handshake);
    return this.#judge(sessions);
  }

  /**
   * For the `ws` adapter, whose sockets carry no request: whether a socket that has connected may stay. One whose session is
   * over is closed with 4401, one that cannot be judged now with 1013, and one that stays as soon as its session ends; and its
   * messages are guarded without `sessionOfMessage.ws`. Whoever has no session stays. Call it before anything else:
   * `async handleConnection(client: WebSocket, request: IncomingMessage) {
   *   if (await this.mevetoLogoutSockets.admit(client, request)) …
   * }`
   */
  async admit(client: ClosableSocket, request: SessionRequest): Promise<boolean> {
    // At once: messages may come before the session is read.
    this.handshakes.opened(client, request);
    const sessions = await this.#readOpened(client);
    const refusal = sessions === undefined ? 'logout-state-unknown' : this.#judge(sessions);
    if (refusal === undefined) {
      this.streams.watchSocket(client, sessions ?? []);
      return true;
    }
    client.close(refusal === 'logout-state-unknown' ? TRY_AGAIN_LATER : UNAUTHORIZED, refusal);
    return false;
  }

  /** Undefined when the session store cannot be read. */
  async #readOpened(client: ClosableSocket): Promise<readonly SessionFacts[] | undefined> {
    try {
      return (await this.handshakes.ofOpened(client)) ?? [];
    } catch {
      return undefined;
    }
  }

  #judge(sessions: readonly SessionFacts[]) {
    return this.judge.judge(sessions, this.options.stalenessLimitMs);
  }
}
