import type { LivePushDefinition } from '../live-push-definition.js';
import { LivePushGateway } from './live-push.gateway.js';
import { SocketHandshake } from './socket-handshake.js';

/** Live push by the application's own Socket.IO server; the default. */
export function socketIo(): LivePushDefinition {
  return { providers: [SocketHandshake, LivePushGateway], port: LivePushGateway };
}
