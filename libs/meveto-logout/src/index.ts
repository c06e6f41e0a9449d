export { tolerantPool } from './cluster/tolerant-pool.js';
export { tolerantRedis } from './cluster/tolerant-redis.js';
export {
  CallNotResolvableError,
  ConfigurationError,
  InboxFullError,
  KeysUnavailableError,
  LoginOutdatedError,
  LogoutUnfinishedError,
  MevetoLogoutError,
  PendingCallsUnavailableError,
  StoreUnavailableError,
  UnknownUserError,
  type MevetoErrorCode,
} from './errors.js';
export { AnswerLoggedOut, type LoggedOutAnswer } from './guard/answer-logged-out.decorator.js';
export { EndWithSession } from './guard/end-with-session.decorator.js';
export { MevetoLogoutGuard } from './guard/meveto-logout.guard.js';
export {
  type ClosableSocket,
  MevetoLogoutSockets,
  type SocketMiddleware,
} from './guard/meveto-logout-sockets.js';
export { OnLogoutStateUnknown } from './guard/on-logout-state-unknown.decorator.js';
export { LoggedOutException, LogoutStateUnknownException, type MessageRefusal } from './guard/refusal.js';
export { safeReturnTo } from './guard/return-to.js';
export { SkipMevetoLogout } from './guard/skip-meveto-logout.decorator.js';
export type { LivePushDefinition } from './live/live-push-definition.js';
export { LivePush } from './live/live-push.port.js';
export { socketIo } from './live/socketio/socket-io.js';
export type { SocketIoOptions } from './live/socketio/socket-io-options.js';
export { MevetoLogoutModule } from './meveto-logout.module.js';
export {
  MevetoLogoutService,
  type MevetoLogoutStatus,
  type RecordedLogin,
  type RecordLoginOptions,
} from './meveto-logout.service.js';
export type { CallDecision, ListCallsOptions } from './logout/call-desk.js';
export type { CallPage, CallRecord } from './model/call-record.js';
export type { CallState, CallType } from './model/call.js';
export type { AnnouncedLogout, Logout, LogoutSource } from './model/logout.js';
export type { RefusalReason } from './model/session-verdict.js';
export type { SessionFacts } from './model/session.js';
export type { KeyMaterial, KeyRing, KeySource } from './options/key-options.js';
export type { OnLogoutStateUnknownPolicy } from './model/staleness.js';
export type { ExchangeOptions, OutboundOptions, ReconcileOptions } from './options/meveto-options.js';
export type {
  CookieToClear,
  MevetoLogoutExtras,
  MevetoLogoutOptions,
  SessionOfMessage,
  SiteData,
  WebhookOptions,
  WhenLoggedOutOptions,
} from './options/options.js';
export type { PendingCallSource, SourceCall, SourcePage } from './reconcile/pending-call-source.js';
export type { PendingFields } from './reconcile/pending-fields.js';
export { bearerToken, type BearerTokenOptions } from './session/bearer-token-reader.js';
export { expressSession, type ExpressSessionOptions } from './session/express-session-reader.js';
export {
  fastifySecureSession,
  type FastifySecureSessionOptions,
} from './session/fastify-secure-session-reader.js';
export { fastifySession, type FastifySessionOptions } from './session/fastify-session-reader.js';
export { jwtSession, type JwtSessionOptions, type JwtVerifier } from './session/jwt-session-reader.js';
export { type FactOf, requestUser, type RequestUserOptions } from './session/request-user-reader.js';
export type { SessionMiddleware } from './session/run-middleware.js';
export { SIGNED_IN_AT_CLAIM } from './session/signed-in-at-claim.js';
export type { EndedSessions } from './session/server-session.js';
export { SessionReader, type SessionRequest } from './session/session-reader.port.js';
export { pusher } from './live/pusher/pusher.js';
export type { PusherAsyncOptions, PusherOptions, PusherRoute } from './live/pusher/pusher-options.js';
export type { PusherEvent, PusherServer } from './live/pusher/pusher-server.js';
export { memoryStore, type MemoryStoreOptions } from './store/memory/memory-store.js';
export type { MemoryUsers } from './store/memory/memory-logout-register.js';
export type { Store, StoreContext, StoreDefinition } from './store/store.port.js';
export { mevetoLogoutEntities } from './store/typeorm/entities.js';
export type { AccessTokenMapping, UserMapping } from './store/typeorm/host-tables.js';
export { mevetoLogoutMigrations } from './store/typeorm/migrations/1767225600000-create-meveto-logout.js';
export { typeOrmStore, type TypeOrmStoreOptions } from './store/typeorm/typeorm-store.js';
