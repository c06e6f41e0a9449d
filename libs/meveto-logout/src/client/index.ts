export { connectMevetoLogout } from './logout-client.js';
export type { ConnectionState, LogoutClient, LogoutClientOptions, SocketFactory } from './logout-client.js';
export type { LoggedOutMessage } from './protocol.js';
