/** Of what this package keeps in browsers and on wires. */
export const NAME = 'meveto-logout';

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
  /**
   * How long to wait before the page is left, in milliseconds, so that not everybody asks for the login page at once. What
   * the page shows is hidden without waiting.
   */
  readonly delayMs?: number;
}

/**
 * `connect_error` carries one of these as `data.code`. `logged-out` and `expired` come from the application's own
 * namespaces only: on this one, a session that is over is told so by the event.
 */
export type ConnectRefusal =
  'not-logged-in' | 'foreign-origin' | 'unavailable' | 'too-many-sockets' | LoggedOutMessage['reason'];
/** A channel on which the logouts of one person are told. */
export interface PusherChannel {
  readonly name: string;
  /** Since when the session counts, epoch milliseconds: what was logged out before is none of its business. */
  readonly signedInAt: number | null;
}

/** How a page reaches Pusher, and the channels of whoever is logged in there: one, unless several sessions come with its requests. */
export interface PusherSubscription {
  readonly key: string;
  readonly cluster: string;
  readonly forceTLS: boolean;
  readonly wsHost?: string;
  readonly wsPort?: number;
  readonly wssPort?: number;
  readonly channels: readonly PusherChannel[];
}

/** The signature that lets one connection subscribe to its channel. */
export interface PusherGrant {
  readonly auth: string;
}
