export type { SocketIoOptions } from './socket-io-options.js';
export { socketIo } from './socket-io.js';
