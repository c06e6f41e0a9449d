export type { PusherAsyncOptions, PusherOptions, PusherRoute } from './pusher-options.js';
export type { PusherEvent, PusherServer } from './pusher-server.js';
export { pusher } from './pusher.js';
