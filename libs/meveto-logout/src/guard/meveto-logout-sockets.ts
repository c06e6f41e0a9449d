import { Inject, Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { withAccessToken } from '../session/handshake-request.js';
import { HandshakeSessions } from '../session/handshake-sessions.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { type MessageRefusal, messageRefusal } from './refusal.js';
import { SessionJudge } from './session-judge.js';

/** A middleware of Socket.IO. */
export type SocketMiddleware = (socket: Socket, next: (error?: Error) => void) => void;

/** A refused connection: the client's `connect_error` has why as `data`. */
class ConnectionRefused extends Error {
  constructor(readonly data: MessageRefusal) {
    super(data.message);
    this.name = 'ConnectionRefused';
  }
}

/** For the application's own Socket.IO gateways. */
@Injectable()
export class MevetoLogoutSockets {
  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(HandshakeSessions) private readonly handshakes: HandshakeSessions,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Refuses connections with a session that is over. Guards run for messages and never when a socket connects, so let the
   * gateway use it: `afterInit(server: Server) { server.use(this.mevetoLogoutSockets.middleware()) }`. Whoever has no
   * session passes, as with the guard.
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
    return this.judge.judge(sessions, this.options.stalenessLimitMs);
  }
}
