export type { SocketIoOptions } from './socket-io-options.js';
export { socketIo } from './socket-io.js';
export { resilientPool } from './resilient-pool.js';
export { resilientRedis } from './resilient-redis.js';
