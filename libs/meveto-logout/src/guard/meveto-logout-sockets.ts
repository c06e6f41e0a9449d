import { Inject, Injectable } from '@nestjs/common';
import {
  HandshakeSessions,
  OpenConnections,
  SessionValidator,
  type SessionRequest,
  type SocketIoClient,
  socketIoOpening,
  UNAUTHORIZED,
  webSocketOpening,
} from '../sessions/index.js';
import { ConnectionRefused, bodyOf, type Refusal, refusalOfUnread } from './refusal.js';

/** A Socket.IO middleware. */
export type SocketMiddleware = (socket: SocketIoClient, next: (error?: Error) => void) => void;

/** The used part of a socket of the package `ws`. */
export interface ClosableSocket {
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

/** Close code for clients of the `ws` adapter: try again later. */
const TRY_AGAIN_LATER = 1013;

/** Checks sessions when a client connects to the application's own gateways, over Socket.IO or the `ws` adapter. */
@Injectable()
export class MevetoLogoutSockets {
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(HandshakeSessions) private readonly handshakes: HandshakeSessions,
    @Inject(OpenConnections) private readonly streams: OpenConnections,
  ) {}

  /**
   * For Socket.IO. Refuses connections whose session is over. NestJS runs guards for messages, but not when a socket connects,
   * so the gateway registers this middleware:
   * `afterInit(server: Server) { server.use(this.mevetoLogoutSockets.middleware()) }`.
   * Connections without a session pass, as with the guard.
   */
  middleware(): SocketMiddleware {
    return (socket, next) => {
      this.#refusalOf(socket).then(
        (refusal) => {
          next(refusal && refused(refusal));
        },
        (error: unknown) => {
          next(refused(refusalOfUnread(error)));
        },
      );
    };
  }

  async #refusalOf(socket: SocketIoClient) {
    const sessions = await this.handshakes.of(socket, () => socketIoOpening(socket));
    return this.validator.validate(sessions);
  }

  /**
   * For the `ws` adapter, whose sockets carry no request. Returns whether a new socket may stay, and closes it otherwise:
   * with 4401 if its session is over, with 1013 if the logout state is unknown. A socket that stays is closed as soon as its
   * session is over, and its messages are guarded without `sessionOfMessage.ws`. A socket without a session stays. Call this
   * method first:
   * `async handleConnection(client: WebSocket, request: IncomingMessage) {
   *   if (await this.mevetoLogoutSockets.admit(client, request)) …
   * }`
   */
  async admit(client: ClosableSocket, request: SessionRequest): Promise<boolean> {
    // Runs synchronously: messages may arrive before the session is read.
    this.handshakes.opened(client, webSocketOpening(request));
    const { sessions, unread } = await this.#readOpened(client);
    // In one turn with `watchSocket`: a logout in between would find no connection to close.
    const refusal = unread ?? this.validator.validate(sessions);
    if (refusal === undefined) {
      this.streams.watchSocket(client, sessions);
      return true;
    }
    const { reason } = refusal;
    client.close(reason === 'logout-state-unknown' ? TRY_AGAIN_LATER : UNAUTHORIZED, reason);
    return false;
  }

  async #readOpened(client: ClosableSocket) {
    try {
      return { sessions: (await this.handshakes.ofOpened(client)) ?? [], unread: undefined };
    } catch (error) {
      return { sessions: [], unread: refusalOfUnread(error) };
    }
  }
}

const refused = (refusal: Refusal): ConnectionRefused => new ConnectionRefused<never>(bodyOf(refusal));
