export { BY_MEVETO } from '../logouts/index.js';
export {
  bearerToken,
  dropAuthorization,
  type BearerTokenOptions,
  type TokenOptions,
} from './bearer-token-reader.js';
export { expressSession, type ExpressSessionOptions } from './express-session-reader.js';
export type { FactOf } from './fact-of.js';
export { fastifySecureSession, type FastifySecureSessionOptions } from './fastify-secure-session-reader.js';
export { fastifySession, type FastifySessionOptions } from './fastify-session-reader.js';
export { isThenable } from './gather.js';
export {
  socketIoOpening,
  webSocketOpening,
  type SocketIoClient,
  type SocketOpening,
} from './handshake-request.js';
export { HandshakeSessions } from './handshake-sessions.js';
export { INVALID_TOKEN, INVALID_TOKEN_MESSAGE, InvalidTokenException } from './invalid-token.exception.js';
export { jwtSession, type JwtSessionOptions, type JwtVerifier } from './jwt-session-reader.js';
export { LoginRecorder } from './login-recorder.js';
export { endSoon, OpenConnections, UNAUTHORIZED } from './open-connections.js';
export { isOwnOrigin } from './page-origin.js';
export { readHandshake, readOpening, readSeenByApplication } from './read-handshake.js';
export { hasLateReaders, hasUnreadable, readSessions } from './read-sessions.js';
export { requestUser, type RequestUserOptions } from './request-user-reader.js';
export type { SessionMiddleware } from './run-middleware.js';
export type { EndedSessions } from './server-session.js';
export { SessionIndex } from './session-index.js';
export { SessionValidator, type SessionRefusal } from './session-validator.js';
export {
  SessionReader,
  type SessionRequest,
  type SessionsRead,
  type TokenSource,
} from './session-reader.port.js';
export { checkedFacts, type SessionToCheck } from './session-to-check.js';
export { refusalOf, type RefusalReason, type SessionOver, type SessionState } from './session-state.js';
export { ReaderAudit } from './reader-audit.js';
export type { SessionFacts } from './session.js';
export { SIGNED_IN_AT_CLAIM } from './signed-in-at-claim.js';
export { isPolicy, stalenessLimitMs, type OnLogoutStateUnknownPolicy } from './staleness.js';
export { usableFacts } from './usable-facts.js';
export {
  resolveSessions,
  SESSIONS_OPTIONS,
  sessionsTable,
  type LogoutStateOptions,
  type ResolvedSessions,
  type SessionOfMessage,
  type SessionsOptions,
} from './options.js';
