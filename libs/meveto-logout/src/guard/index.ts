export { AnswerLoggedOut, type LoggedOutAnswer } from './answer-logged-out.decorator.js';
export { ConnectionRefused } from './connection-refused.js';
export { EndWithSession } from './end-with-session.decorator.js';
export { EndedSessionCleanup } from './ended-session-cleanup.js';
export { GraphqlSessionCheck } from './graphql-session-check.js';
export { GuardAudit } from './guard-audit.js';
export { HttpSessionCheck } from './http-session-check.js';
export { LateSessionInterceptor } from './late-session.interceptor.js';
export { MevetoLogoutSockets, type ClosableSocket, type SocketMiddleware } from './meveto-logout-sockets.js';
export { MevetoLogoutGuard } from './meveto-logout.guard.js';
export { OnLogoutStateUnknown } from './on-logout-state-unknown.decorator.js';
export { RefusalWriter } from './refusal-writer.js';
export {
  LoggedOutException,
  LogoutStateUnknownException,
  messageRefusal,
  type MessageRefusal,
  type Refusal,
} from './refusal.js';
export { safeReturnTo } from './return-to.js';
export { RoutePolicies } from './route-policies.js';
export { RpcSessionCheck } from './rpc-session-check.js';
export { ManualSessionChecks } from './manual-session-checks.js';
export { SessionCheckDispatcher } from './session-check-dispatcher.js';
export { SkipMevetoLogout } from './skip-meveto-logout.decorator.js';
export { WsSessionCheck } from './ws-session-check.js';
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
