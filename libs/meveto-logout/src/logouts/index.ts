export { BY_MEVETO } from '../store/index.js';
export { ClusterBus } from './cluster-bus.port.js';
export type { ClusterMessage } from './cluster-message.js';
export { logoutsEvents } from './events.js';
export { LogoutCache } from './logout-cache.js';
export { LogoutPoller } from './logout-poller.js';
export { LogoutBroadcaster } from './logout-broadcaster.js';
export { NoClusterBus } from './no-cluster-bus.js';
export { Heartbeat } from './heartbeat.js';
export {
  LOGOUTS_OPTIONS,
  logoutsTable,
  resolveLogouts,
  type LogoutsOptions,
  type ResolvedLogouts,
} from './options.js';
