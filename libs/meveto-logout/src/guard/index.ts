export {
  AnswerLoggedOut,
  EndWithSession,
  type LoggedOutAnswer,
  OnLogoutStateUnknown,
  RoutePolicies,
  SkipMevetoLogout,
} from './route-policies.js';
export {
  ConnectionRefused,
  LoggedOutException,
  LogoutStateUnknownException,
  bodyOf,
  refusalBody,
  type MessageRefusal,
  type Refusal,
} from './refusal.js';
export { guardEvents } from './events.js';
export { EndedSessionCleanup } from './ended-session-cleanup.js';
export { GraphqlSessionCheck } from './graphql-session-check.js';
export { GuardAudit } from './guard-audit.js';
export { HttpSessionCheck } from './http-session-check.js';
export {
  LateSessionInterceptor,
  MevetoLogoutGuard,
  SESSION_CHECKS,
  SessionCheckDispatcher,
} from './meveto-logout.guard.js';
export { MevetoLogoutSockets, type ClosableSocket, type SocketMiddleware } from './meveto-logout-sockets.js';
export { RefusalWriter, safeReturnTo } from './refusal-writer.js';
export { RpcSessionCheck, WsSessionCheck } from './message-checks.js';
export { ManualSessionChecks } from './manual-session-checks.js';
export {
  GUARD_OPTIONS,
  guardTable,
  resolveGuard,
  type CookieToClear,
  type GuardOptions,
  type ResolvedGuard,
  type SiteData,
  type WhenLoggedOutOptions,
} from './options.js';
