/** Name of what this package stores in browsers and sends between processes. */
export const NAME = 'meveto-logout';

/** The Socket.IO namespace of live logouts. */
export const NAMESPACE = '/meveto-logout';

/** The event that tells a browser that its session is over; the server disconnects afterwards. */
export const LOGGED_OUT_EVENT = 'logged-out';

/** The payload of {@link LOGGED_OUT_EVENT}. */
export interface LoggedOutMessage {
  /** ISO 8601. */
  readonly loggedOutAt: string;
  /** The path to go to, of the same origin. */
  readonly redirectTo: string;
  readonly reason: 'logged-out' | 'expired';
  /**
   * Why the user was logged out: `meveto` after a logout on the Meveto dashboard, otherwise the reason that the
   * application gave. Missing when the session did not end by a logout, and from servers that do not know the field
   * yet.
   */
  readonly cause?: string;
  /**
   * Delay before the page is left, in milliseconds, to spread the load on the login page. The content is hidden without
   * delay.
   */
  readonly delayMs?: number;
}

/**
 * Why a request, message or connection is refused. `invalid-token`: it shows more tokens than the limit. The module's namespace
 * sends the event to sessions that are `logged-out` or `expired`; all others refuse them. `unavailable` comes from Socket.IO
 * namespaces only, and means the same as `logout-state-unknown`: try again shortly.
 */
export type ConnectRefusal =
  | 'not-logged-in'
  | 'foreign-origin'
  | 'unavailable'
  | 'logout-state-unknown'
  | 'too-many-sockets'
  | 'invalid-token'
  | LoggedOutMessage['reason'];

/**
 * The shape of every refusal: the body of an HTTP answer, `data` of `connect_error`, the data of `exception` and of an RPC error,
 * and `extensions.originalError` of a GraphQL error.
 */
export interface RefusalBody<Code extends string = ConnectRefusal> {
  /** The HTTP status, or its equivalent. */
  readonly statusCode: number;
  /** The same as `reason`. */
  readonly code: Code;
  readonly reason: Code;
  /** A text for users. */
  readonly message: string;
  /** Set after a logout: `meveto`, or the reason that the application gave. */
  readonly cause?: string;
}

/** The `data` of `connect_error`, on every namespace. `status` equals `statusCode`. */
export interface ConnectErrorData extends RefusalBody {
  readonly status: number;
}

/** The answer of the session check for a live session. */
export interface LiveSession {
  readonly state: 'live';
  /** Names the user: equal names mean the same user. */
  readonly session: string;
  /** Epoch milliseconds; null if unknown. */
  readonly signedInAt: number | null;
}

/** The answer of the session check. `unknown`: the route cannot tell, since it sees no session of the page. */
export type SessionBody = LiveSession | { readonly state: 'unknown' } | RefusalBody;

/** A channel for the logouts of one user. */
export interface PusherChannel {
  readonly name: string;
  /** Start of the session, epoch milliseconds: earlier logouts do not concern the session. Null if unknown. */
  readonly signedInAt: number | null;
}

/**
 * How a page reaches Pusher, and the channels of its sessions: one, unless the page's requests carry several sessions.
 */
export interface PusherSubscription {
  readonly key: string;
  readonly cluster: string;
  readonly forceTLS: boolean;
  readonly wsHost?: string;
  readonly wsPort?: number;
  readonly wssPort?: number;
  readonly channels: readonly PusherChannel[];
}

/** The signature for the subscription of one connection to its channel. */
export interface PusherGrant {
  readonly auth: string;
}
