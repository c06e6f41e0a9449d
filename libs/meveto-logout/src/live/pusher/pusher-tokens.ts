/** Injection tokens of the Pusher adapter's values. */
export const PUSHER_OPTIONS = Symbol.for('nestjs-meveto-logout:pusher-options');
export const PUSHER_SERVER = Symbol.for('nestjs-meveto-logout:pusher-server');
