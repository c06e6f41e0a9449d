import {
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';

/**
 * Sends one request like `node:http` and `node:https`, and records whether any byte of the request may have left this
 * machine. No byte leaves while the request waits for a connection, for its opening or for its TLS handshake.
 */
export class WatchedTransport {
  #mayHaveSent = false;

  /**
   * @param isOwnAgent whether connections come from Node's own agents. An agent of the application may return any stream, for
   * example a tunnel, whose state is not reliable: bytes may have left as soon as the stream is there.
   */
  constructor(private readonly isOwnAgent = true) {}

  get mayHaveSent(): boolean {
    return this.#mayHaveSent;
  }

  /** Axios calls this method instead of the request function of Node's own modules. */
  request(options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
    const send = options.protocol === 'https:' ? requestHttps : requestHttp;
    return send(options, onResponse).once('socket', (socket) => {
      this.#watch(socket);
    });
  }

  #watch(socket: Socket): void {
    const opening = this.isOwnAgent ? openingOf(socket) : undefined;
    if (opening === undefined) {
      this.#mayHaveSent = true;
    } else {
      // Until this event, all written data waits in this process and is discarded with the socket.
      socket.prependOnceListener(opening, () => {
        this.#mayHaveSent = true;
      });
    }
  }
}

/** The event after which a connection carries requests; undefined when it is already open, such as a kept-alive one. */
function openingOf(socket: Socket): 'connect' | 'secureConnect' | undefined {
  const tls = socket as { encrypted?: boolean; secureConnecting?: boolean };
  if (tls.encrypted === true) return tls.secureConnecting === true ? 'secureConnect' : undefined;
  return socket.connecting ? 'connect' : undefined;
}
