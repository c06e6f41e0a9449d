import type { SocketFactory } from './socket-transport.js';
import type { LeaveReason, LogoutTransport } from './transport.js';

/** `offline`: the connection is lost and is being made anew. `logged-out`: the page is being left. */
export type ConnectionState = 'connecting' | 'connected' | 'offline' | 'logged-out';

export interface LogoutClientOptions {
  /** `io` of socket.io-client: the page's own copy, or the one that the server serves. */
  readonly io?: SocketFactory;
  /** What brings the server's word in place of Socket.IO. Without both, the page only checks by itself. */
  readonly transport?: LogoutTransport;
  /**
   * Origin of the server.
   * @defaultValue the page's
   */
  readonly url?: string;
  /** Access token, for applications without cookies. Asked for at every connection and every check. */
  readonly token?: () => string | Promise<string>;
  /**
   * The module's route that says whether the session is live; false: never ask.
   * @defaultValue '/meveto/session', of `url`
   */
  readonly checkUrl?: string | false;
  /**
   * Where to go when the server does not say: a path of the same origin.
   * @defaultValue '/login'
   */
  readonly redirectTo?: string;
  /** What the page says while it is left, as plain text; `checking`: while it is unknown whether it has to be. */
  readonly texts?: Partial<Readonly<Record<LeaveReason | 'checking', string>>>;
  /**
   * Called once, when the page's content is hidden already and before it is left: to keep unsaved work, to clear caches. A
   * promise is waited for, 2 s at most.
   */
  readonly beforeLeave?: (why: { readonly reason: LeaveReason; readonly loggedOutAt?: string }) => unknown;
  /** Told of every change of the connection. */
  readonly onStateChange?: (state: ConnectionState) => void;
}

export interface LogoutClient {
  /**
   * Tell it the status and the parsed body of an answer: 401 with `reason` 'logged-out' or 'expired' leaves the page, and
   * is true. For `fetch` there is `watchFetch`.
   */
  readonly answered: (status: number, body: unknown) => boolean;
  /** Asks the server now whether the session is live. */
  readonly check: () => void;
  /** Closes the connection without leaving the page. May be called twice. */
  readonly stop: () => void;
}
