export { resilientPool } from './resilient-pool.js';
export { resilientRedis } from './resilient-redis.js';
