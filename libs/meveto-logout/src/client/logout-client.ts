import { type ConnectRefusal, LOGGED_OUT_EVENT, type LoggedOutMessage, NAMESPACE } from './protocol.js';

/** `offline`: the connection is lost and is being made anew. `logged-out`: the page is being left. */
export type ConnectionState = 'connecting' | 'connected' | 'offline' | 'logged-out';

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

export interface LogoutClientOptions {
  /** `io` of socket.io-client: the page's own copy, or the one that the server serves. */
  readonly io: SocketFactory;
  /**
   * Origin of the server.
   * @defaultValue the page's
   */
  readonly url?: string;
  /** Access token, for applications without cookies. Asked for at every connection. */
  readonly token?: () => string;
  /**
   * Where to go when the server does not say: a path of the same origin.
   * @defaultValue '/login'
   */
  readonly redirectTo?: string;
  /** Told of every change of the connection. */
  readonly onStateChange?: (state: ConnectionState) => void;
  /** Told why, right before the page is left. */
  readonly onLoggedOut?: (message: LoggedOutMessage | undefined) => void;
}

export interface LogoutClient {
  /** Closes the connection without leaving the page. May be called twice. */
  stop(): void;
}

/**
 * Keeps a connection open and leaves the page by `location.replace` as soon as the server says that the session is over,
 * so that the back button does not bring the page back. A lost connection is not a logout: the page stays.
 */
export function connectMevetoLogout(options: LogoutClientOptions): LogoutClient {
  const socket = options.io(`${options.url ?? ''}${NAMESPACE}`, {
    ...(options.token && { auth: tokenSource(options.token) }),
  });
  let isLeaving = false;
  let attempts = 0;
  let again: ReturnType<typeof setTimeout> | undefined;
  const tell = (state: ConnectionState): void => {
    if (!isLeaving || state === 'logged-out') options.onStateChange?.(state);
  };
  const close = (): void => {
    isLeaving = true;
    clearTimeout(again);
    socket.disconnect();
  };
  const leave = (message?: LoggedOutMessage): void => {
    if (isLeaving) return;
    close();
    try {
      tell('logged-out');
      options.onLoggedOut?.(message);
    } finally {
      // Whatever the page's own code does, it is left.
      location.replace(sameOriginPath(message?.redirectTo, options.redirectTo ?? '/login'));
    }
  };
  /** Socket.IO gives up for good when the server refused or hung up: then the next try is ours. */
  const lost = (): void => {
    tell('offline');
    if (isLeaving || socket.active) return;
    clearTimeout(again);
    const pauseMs = Math.min(30_000, 1_000 * 2 ** attempts) * (0.5 + Math.random() / 2);
    attempts += 1;
    again = setTimeout(() => socket.connect(), pauseMs);
  };
  socket.on('connect', () => {
    attempts = 0;
    tell('connected');
  });
  socket.on(LOGGED_OUT_EVENT, leave);
  socket.on('disconnect', lost);
  socket.on('connect_error', (error: { data?: { code?: ConnectRefusal } }) => {
    // The session is gone, told by the server; anything else may be the network.
    if (error.data?.code === 'not-logged-in') leave();
    else lost();
  });
  tell('connecting');
  return { stop: close };
}

const tokenSource =
  (token: () => string) =>
  (give: (auth: { token: string }) => void): void => {
    give({ token: token() });
  };

/** What the server names, if it is a path of this origin. */
function sameOriginPath(path: string | undefined, fallback: string): string {
  if (path === undefined || !URL.canParse(path, location.origin)) return fallback;
  const target = new URL(path, location.origin);
  return target.origin === location.origin ? target.pathname + target.search + target.hash : fallback;
}
