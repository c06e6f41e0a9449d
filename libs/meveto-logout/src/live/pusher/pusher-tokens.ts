/** Injection tokens of the Pusher adapter's values. */
export const PUSHER_OPTIONS = Symbol('meveto-logout:pusher-options');
export const PUSHER_SERVER = Symbol('meveto-logout:pusher-server');
