import type { LoggedOutMessage } from './protocol.js';

/**
 * Why a page is left. `not-logged-in`: the server knows no session. `other-user`: somebody else has logged in in this
 * browser since; the page is loaded again.
 */
export type LeaveReason = LoggedOutMessage['reason'] | 'not-logged-in' | 'other-user';

/** Why and how a page is to be left. */
export type LeaveMessage = Partial<Omit<LoggedOutMessage, 'reason'>> & { readonly reason: LeaveReason };

/** What a transport tells. */
export interface TransportListener {
  /** Connected: what was missed before is asked for. Again and again, where messages may be lost on a connection that stays. */
  readonly up: () => void;
  /** The connection is lost, or could not be made. */
  readonly down: () => void;
  /** The server says that the session is over. */
  readonly loggedOut: (message: LeaveMessage) => void;
}

/** Brings the server's word to the page, and connects again by itself until it is stopped. May be started again. */
export interface LogoutTransport {
  start(listener: TransportListener): void;
  stop(): void;
}
