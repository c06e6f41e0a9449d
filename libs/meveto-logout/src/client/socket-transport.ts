import { type ConnectErrorData, LOGGED_OUT_EVENT, NAMESPACE } from '../protocol/index.js';
import type { LogoutTransport } from './transport.js';

/** The used part of a Socket.IO socket. */
export interface LogoutSocket {
  /** Whether Socket.IO reconnects the socket on its own. */
  readonly active: boolean;
  on(event: string, listener: (argument: never) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

interface ConnectError {
  readonly data?: Partial<ConnectErrorData>;
}

/** `io` of socket.io-client, 4.x. */
export type SocketFactory = (url: string, options: Record<string, unknown>) => LogoutSocket;

/** Null after this page stopped a connection: a user may have logged in since. */
let isManagerNew: 1 | null = 1;

/** Uses Socket.IO, with a random pause of 1 to 30 s before every reconnection. */
export function socketTransport(
  io: SocketFactory,
  url: string,
  token?: () => string | Promise<string>,
): LogoutTransport {
  let current: LogoutSocket | null | undefined;
  return {
    start(listener) {
      let attempts = 0;
      const lost = (why?: Partial<ConnectError> | string): void => {
        if (socket !== current) return;
        listener.down((why as Partial<ConnectError> | undefined)?.data?.code);
        setTimeout(
          () => {
            // Socket.IO does not reconnect after a refusal or a disconnect by the server: do that here.
            if (socket === current && !socket.active) socket.connect();
          },
          Math.min(1_000 * 2 ** attempts++, 15_000) * (1 + Math.random()),
        );
      };
      const socket = (current = io(url + NAMESPACE, {
        // The page's shared manager may be older than its login, and so are the cookies that the server sees.
        forceNew: !isManagerNew,
        reconnectionDelayMax: 20_000,
        reconnectionDelay: 2_000,
        ...(token && {
          auth: async (give: (auth: { token: string }) => void) => {
            try {
              give({ token: await token() });
            } catch {
              // A token that is not available now, for example without a network, is not a logout.
              socket.disconnect();
              lost();
            }
          },
        }),
      }));
      socket.on('connect', () => {
        attempts = 0;
        listener.up();
      });
      socket.on(LOGGED_OUT_EVENT, listener.loggedOut);
      socket.on('connect_error', lost);
      socket.on('disconnect', lost);
    },
    stop() {
      const socket = current;
      isManagerNew = current = null;
      socket?.disconnect();
    },
  };
}
