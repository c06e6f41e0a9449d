import type { SocketFactory } from './socket-transport.js';
import type { LeaveReason, LogoutTransport } from './transport.js';

/** `offline`: the connection is lost and the client reconnects. `logged-out`: the client leaves the page. */
export type ConnectionState = 'connecting' | 'connected' | 'offline' | 'logged-out';

export interface LogoutClientOptions {
  /** `io` of socket.io-client: from the page's own copy, or from the copy that the server serves. */
  readonly io?: SocketFactory;
  /** Transport that replaces Socket.IO. Without `io` and `transport`, the page learns of a logout only by session checks. */
  readonly transport?: LogoutTransport;
  /**
   * Origin of the server.
   * @defaultValue the page's origin
   */
  readonly url?: string;
  /** Access token, for applications without cookies. Called for every connection and every check. */
  readonly token?: () => string | Promise<string>;
  /**
   * The module's route for session checks; `false` disables checks.
   * @defaultValue '/meveto/session', of `url`
   */
  readonly checkUrl?: string | false;
  /**
   * Path of the same origin to go to when the server does not give one.
   * @defaultValue '/login'
   */
  readonly redirectTo?: string;
  /** Plain texts that the page shows while it is left. `checking`: shown while the session state is unknown. */
  readonly texts?: Partial<Readonly<Record<LeaveReason | 'checking', string>>>;
  /**
   * Called once, after the page's content is hidden and before the page is left: to keep unsaved work or to clear
   * caches. The client waits for a returned promise, 2 s at most.
   */
  readonly beforeLeave?: (why: {
    readonly reason: LeaveReason;
    readonly cause?: string;
    readonly loggedOutAt?: string;
  }) => unknown;
  /** Called on every change of the connection state. */
  readonly onStateChange?: (state: ConnectionState) => void;
}

export interface LogoutClient {
  /**
   * Takes the status and the parsed body of an answer. A 401 of this module, with `reason` `logged-out`, `expired` or
   * `not-logged-in`, leaves the page and returns true; `redirectTo` and `cause` of the body are used if present. For
   * `fetch`, use `watchFetch`.
   */
  readonly answered: (status: number, body: unknown) => boolean;
  /** Asks the server now whether the session is live. */
  readonly check: () => void;
  /** Closes the connection without leaving the page. May be called twice. */
  readonly stop: () => void;
}
