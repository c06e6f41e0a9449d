export { lastLeave, lastLogout } from './leaving.js';
export { watchFetch } from './watch-fetch.js';
export { connectMevetoLogout } from './logout-client.js';
export type { ConnectionState, LogoutClient, LogoutClientOptions } from './options.js';
export type { LoggedOutMessage, RefusalBody } from '../protocol/index.js';
export type { LogoutSocket, SocketFactory } from './socket-transport.js';
export type { LeaveMessage, LeaveReason, LogoutTransport, TransportListener } from './transport.js';
