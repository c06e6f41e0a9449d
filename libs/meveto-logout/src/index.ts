export {
  ConfigurationError,
  InboxFullError,
  KeysUnavailableError,
  LoginOutdatedError,
  MevetoLogoutError,
  PendingCallsUnavailableError,
  StoreUnavailableError,
  UnknownUserError,
  type MevetoErrorCode,
} from './errors.js';
export { AnswerLoggedOut, type LoggedOutAnswer } from './guard/answer-logged-out.decorator.js';
export { MevetoLogoutGuard } from './guard/meveto-logout.guard.js';
export { LoggedOutException, LogoutStateUnknownException } from './guard/refusal.js';
export { SkipMevetoLogout } from './guard/skip-meveto-logout.decorator.js';
export type { LivePushDefinition } from './live/live-push-definition.js';
export { LivePush } from './live/live-push.port.js';
export { socketIo } from './live/socketio/socket-io.js';
export { MevetoLogoutModule } from './meveto-logout.module.js';
export {
  MevetoLogoutService,
  type MevetoLogoutStatus,
  type RecordedLogin,
  type RecordLoginOptions,
} from './meveto-logout.service.js';
export type { CallState } from './model/call.js';
export type { AnnouncedLogout, Logout, LogoutSource } from './model/logout.js';
export type { RefusalReason } from './model/session-verdict.js';
export type { SessionFacts } from './model/session.js';
export type { KeyMaterial, KeyRing, KeySource } from './options/key-options.js';
export type {
  CookieToClear,
  ExchangeOptions,
  MevetoLogoutExtras,
  MevetoLogoutOptions,
  ReconcileOptions,
  WebhookOptions,
  WhenLoggedOutOptions,
} from './options/options.js';
export { bearerToken, type BearerTokenOptions } from './session/bearer-token-reader.js';
export {
  expressSession,
  type ExpressSessionOptions,
  type SessionMiddleware,
} from './session/express-session-reader.js';
export { SessionReader, type SessionRequest } from './session/session-reader.port.js';
export { memoryStore, type MemoryStoreOptions } from './store/memory/memory-store.js';
export type { MemoryUsers } from './store/memory/memory-logout-register.js';
export type { Store, StoreContext, StoreDefinition } from './store/store.port.js';
export { mevetoLogoutEntities } from './store/typeorm/entities.js';
export type { AccessTokenMapping, UserMapping } from './store/typeorm/host-tables.js';
export { mevetoLogoutMigrations } from './store/typeorm/migrations/1767225600000-create-meveto-logout.js';
export { typeOrmStore, type TypeOrmStoreOptions } from './store/typeorm/typeorm-store.js';
