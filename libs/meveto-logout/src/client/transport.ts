import type { LoggedOutMessage } from '../protocol/index.js';

/**
 * Why a page is left. `not-logged-in`: the server knows no session. `other-user`: another user has logged in in this
 * browser since; the page is loaded again.
 */
export type LeaveReason = LoggedOutMessage['reason'] | 'not-logged-in' | 'other-user';

/** Why and how to leave a page. */
export type LeaveMessage = Partial<Omit<LoggedOutMessage, 'reason'>> & { readonly reason: LeaveReason };

/** Events of a transport. */
export interface TransportListener {
  /**
   * Connected: the client checks for missed logouts. Called repeatedly where messages can get lost on an open
   * connection.
   */
  readonly up: () => void;
  /**
   * The connection is lost or failed. `not-logged-in`: the server knows no session of this connection, which may be
   * older than the page's login; the client checks, or leaves the page if checks are disabled. Any other reason may be
   * the network.
   */
  readonly down: (why?: string) => void;
  /** The server reports that the session is over. */
  readonly loggedOut: (message: LeaveMessage) => void;
}

/** Delivers the server's events to the page, and reconnects on its own until `stop`. May be started again. */
export interface LogoutTransport {
  start(listener: TransportListener): void;
  stop(): void;
}
