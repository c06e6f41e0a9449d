import { type ExecutionContext, HttpStatus, Inject, Injectable } from '@nestjs/common';
import {
  endSoon,
  HandshakeSessions,
  InvalidTokenException,
  OpenConnections,
  readOpening,
  readSessions,
  type ResolvedSessions,
  type SessionFacts,
  SessionValidator,
  type SessionReader,
  SESSIONS_OPTIONS,
} from '../sessions/index.js';
import { MevetoEvents } from '../core/index.js';
import { guardEvents } from './events.js';
import {
  type GraphqlOrigin,
  isSubscription,
  mutationOf,
  openingByParameters,
  originOf,
} from './graphql-request.js';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';

const LOOKS_LIKE_LOGIN = /^(log|sign)_?in|^authenticate/i;

type KnownOrigin = Exclude<GraphqlOrigin, { kind: 'unknown' }>;

/**
 * Checks the sessions of GraphQL operations. The check refuses by errors only, since the GraphQL server writes the HTTP
 * response. A subscription is closed when its session is over.
 */
@Injectable()
export class GraphqlSessionCheck {
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(HandshakeSessions) private readonly handshakes: HandshakeSessions,
    @Inject(OpenConnections) private readonly streams: OpenConnections,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  check(
    context: ExecutionContext,
    policy: RoutePolicy,
    readers: readonly SessionReader[] = this.options.sessions,
  ): true | Promise<true> {
    const origin = originOf(context);
    if (origin.kind === 'unknown') {
      this.events.emit(guardEvents.MEVETO_GRAPHQL_WITHOUT_REQUEST);
      return true;
    }
    const found = this.#sessionsOf(origin, readers);
    const decide = (sessions: readonly SessionFacts[]): true => {
      this.#decide(sessions, policy, origin, context);
      this.#watch(origin, sessions, context);
      return true;
    };
    return found instanceof Promise
      ? found.then(decide, (error: unknown) => refuseUnread(error, origin))
      : decide(found);
  }

  #sessionsOf(
    origin: KnownOrigin,
    readers: readonly SessionReader[],
  ): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
    if (origin.kind === 'request') {
      const opening = openingByParameters(origin.request);
      return opening === undefined ? readSessions(readers, origin.request) : readOpening(readers, opening);
    }
    const isLate = readers !== this.options.sessions;
    return isLate
      ? readOpening(readers, origin.opening())
      : this.handshakes.of(origin.connection, origin.opening);
  }

  #decide(
    sessions: readonly SessionFacts[],
    policy: RoutePolicy,
    origin: KnownOrigin,
    context: ExecutionContext,
  ): void {
    const refusal = this.validator.validate(sessions, policy.stalenessLimitMs);
    if (refusal === undefined) return;
    if (refusal.reason === 'logout-state-unknown') throw new LogoutStateUnknownException();
    if (LOOKS_LIKE_LOGIN.test(mutationOf(context) ?? ''))
      this.events.emit(guardEvents.MEVETO_GRAPHQL_LOGIN_REFUSED);
    // Otherwise the client keeps the connection open and sends further operations.
    if (origin.kind === 'socket') endSoon(origin.socket, refusal.reason);
    throw new LoggedOutException(refusal.reason, HttpStatus.UNAUTHORIZED, refusal.cause);
  }

  /** Watches every WebSocket, since all its operations share its sessions, and over HTTP only subscriptions. */
  #watch(origin: KnownOrigin, sessions: readonly SessionFacts[], context: ExecutionContext): void {
    if (origin.kind === 'socket') {
      if (sessions.length > 0) this.streams.watch(origin.socket, sessions);
      else if (!origin.hasParameters && this.options.sessions.some(({ readsTokens }) => readsTokens === true))
        this.events.emit(guardEvents.MEVETO_GRAPHQL_WITHOUT_PARAMETERS);
    } else if (sessions.length > 0 && isSubscription(context)) {
      if (origin.response !== undefined) this.streams.watch(origin.response, sessions);
      else if (openingByParameters(origin.request) !== undefined)
        this.events.emit(guardEvents.MEVETO_GRAPHQL_WITHOUT_PARAMETERS);
      else this.events.emit(guardEvents.MEVETO_GRAPHQL_WITHOUT_RESPONSE);
    }
  }
}

/** Also closes a socket with too many tokens: each of its further operations would carry the same tokens. */
function refuseUnread(error: unknown, origin: KnownOrigin): never {
  if (error instanceof InvalidTokenException && origin.kind === 'socket')
    endSoon(origin.socket, error.reason);
  throw error;
}
