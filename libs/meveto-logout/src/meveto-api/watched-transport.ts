import {
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';

/**
 * Sends one request as `node:http` and `node:https` do, and knows whether any byte of it may have left this machine: not
 * while it waits for a connection, and not while that connection or its TLS handshake is still being made.
 */
export class WatchedTransport {
  #mayHaveSent = false;

  /**
   * @param isOwnAgent whether connections come from Node's own agents. What an agent of the application hands over may be
   * anything, a tunnel for example: its state says nothing, and from then on bytes may have left.
   */
  constructor(private readonly isOwnAgent = true) {}

  get mayHaveSent(): boolean {
    return this.#mayHaveSent;
  }

  /** Called by axios in place of the request function of Node's own modules. */
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
      // What was written until then waits in this process, and is gone with the socket.
      socket.prependOnceListener(opening, () => {
        this.#mayHaveSent = true;
      });
    }
  }
}

/** The event with which a connection begins to carry requests; undefined when it is open already, as a kept-alive one. */
function openingOf(socket: Socket): 'connect' | 'secureConnect' | undefined {
  const tls = socket as { encrypted?: boolean; secureConnecting?: boolean };
  if (tls.encrypted === true) return tls.secureConnecting === true ? 'secureConnect' : undefined;
  return socket.connecting ? 'connect' : undefined;
}
