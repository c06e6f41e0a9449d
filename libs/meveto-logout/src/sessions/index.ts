export { BY_MEVETO } from '../logouts/index.js';
export {
  bearerToken,
  dropAuthorization,
  type BearerTokenOptions,
  type TokenOptions,
} from './bearer-token-reader.js';
export { expressSession, type ExpressSessionOptions } from './express-session-reader.js';
export type { FactOf } from './fact-readers.js';
export { fastifySecureSession, type FastifySecureSessionOptions } from './fastify-secure-session-reader.js';
export { fastifySession, type FastifySessionOptions } from './fastify-session-reader.js';
export {
  absenceOf,
  askReaders,
  hasLateReaders,
  isThenable,
  type ReadResults,
  readSessions,
  sessionsIn,
  usableFacts,
} from './read-sessions.js';
export {
  readHandshake,
  readOpening,
  readSeenByApplication,
  type SocketIoClient,
  socketIoOpening,
  type SocketOpening,
  webSocketOpening,
} from './read-handshake.js';
export { sessionsEvents } from './events.js';
export { ReaderEvents } from './reader-events.js';
export { HandshakeSessions } from './handshake-sessions.js';
export { INVALID_TOKEN, INVALID_TOKEN_MESSAGE, InvalidTokenException } from './token-texts.js';
export { jwtSession, type JwtSessionOptions, type JwtVerifier } from './jwt-session-reader.js';
export { LoginRecorder } from './login-recorder.js';
export { type ConnectionKind, endSoon, OpenConnections, UNAUTHORIZED } from './open-connections.js';
export { requestUser, type RequestUserOptions } from './request-user-reader.js';
export type { EndedSessions, SessionMiddleware } from './server-session-reader.js';
export {
  type RefusalReason,
  type SessionOver,
  type SessionRefusal,
  type SessionState,
  SessionValidator,
} from './session-validator.js';
export {
  SessionReader,
  type SessionRequest,
  type SessionsRead,
  type TokenSource,
} from './session-reader.port.js';
export { checkedFacts, type SessionToCheck } from './session-to-check.js';
export { ReaderAudit } from './reader-audit.js';
export { type SessionFacts, SIGNED_IN_AT_CLAIM } from './session.js';
export {
  isPolicy,
  type LogoutStateOptions,
  type OnLogoutStateUnknownPolicy,
  type ResolvedSessions,
  resolveSessions,
  type SessionOfMessage,
  SESSIONS_OPTIONS,
  type SessionsOptions,
  sessionsTable,
  stalenessLimitMs,
} from './options.js';
