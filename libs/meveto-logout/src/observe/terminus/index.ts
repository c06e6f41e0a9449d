export {
  type MevetoLogoutHealth,
  MevetoLogoutHealthIndicator,
  type MevetoLogoutHealthLimits,
} from './health-indicator.js';
