/** The Socket.IO namespace of live logouts. */
export const NAMESPACE = '/meveto-logout';

/** The event that tells a browser that its session is over; the server disconnects afterwards. */
export const LOGGED_OUT_EVENT = 'logged-out';

/** What comes with it. */
export interface LoggedOutMessage {
  /** ISO 8601. */
  readonly loggedOutAt: string;
  /** Where to go: a path of the same origin. */
  readonly redirectTo: string;
  readonly reason: 'logged-out' | 'expired';
}

/** `connect_error` carries one of these as `data.code`. */
export type ConnectRefusal = 'not-logged-in' | 'foreign-origin' | 'unavailable';
