import { type ConnectRefusal, LOGGED_OUT_EVENT, NAMESPACE } from './protocol.js';
import type { LogoutTransport } from './transport.js';

/** The part of a Socket.IO socket that is used. */
export interface LogoutSocket {
  /** Whether it will connect again by itself. */
  readonly active: boolean;
  on(event: string, listener: (argument: never) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

/** `io` of socket.io-client, 4.x. */
export type SocketFactory = (url: string, options: Record<string, unknown>) => LogoutSocket;

/**
 * Socket.IO, with a jittered pause of 1 to 30 s before every new connection.
 * @param isChecked whether the page asks the server by itself when a connection is refused
 */
export function socketTransport(
  io: SocketFactory,
  url: string,
  isChecked: unknown,
  token?: () => string | Promise<string>,
): LogoutTransport {
  let current: LogoutSocket | undefined;
  return {
    start({ up, down, loggedOut }) {
      let attempts = 0;
      const lost = (): void => {
        if (socket !== current) return;
        down();
        const pauseMs = Math.min(15_000, 1_000 * 2 ** attempts++) * (1 + Math.random());
        setTimeout(() => {
          // Socket.IO gives up for good when the server refused or hung up: then the next try is ours.
          if (socket === current && !socket.active) socket.connect();
        }, pauseMs);
      };
      const socket = (current = io(url + NAMESPACE, {
        reconnectionDelay: 2_000,
        reconnectionDelayMax: 20_000,
        ...(token && {
          auth: (give: (auth: { token: string }) => void) =>
            Promise.resolve()
              .then(token)
              .then(
                (given) => give({ token: given }),
                // A token that cannot be had now, e.g. without a network, is no logout.
                () => {
                  socket.disconnect();
                  lost();
                },
              ),
        }),
      }));
      socket.on('connect', () => {
        attempts = 0;
        up();
      });
      socket.on(LOGGED_OUT_EVENT, loggedOut);
      socket.on('disconnect', lost);
      socket.on('connect_error', ({ data }: { data?: { code?: ConnectRefusal } }) => {
        // The server knows no session: of the connection, which may be older than the page's login. Any other may be the network.
        if (data?.code === 'not-logged-in' && !isChecked) loggedOut({ reason: data.code });
        else lost();
      });
    },
    stop() {
      const socket = current;
      current = undefined;
      socket?.disconnect();
    },
  };
}
