import { type ExecutionContext, HttpStatus, Inject, Injectable } from '@nestjs/common';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { HandshakeSessions } from '../session/handshake-sessions.js';
import { readSessions } from '../session/read-sessions.js';
import type { SessionReader } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { type GraphqlOrigin, originOf } from './graphql-request.js';
import { OneWarning } from '../observe/one-warning.js';
import { OpenStreams } from './open-streams.js';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionJudge } from './session-judge.js';

/**
 * Lets GraphQL operations in or refuses them, by errors alone: the HTTP response is the GraphQL server's. A subscription
 * is ended when its session is.
 */
@Injectable()
export class GraphqlGate {
  readonly #warning = new OneWarning(
    'A GraphQL operation passed unchecked, since its context has no request. Let the context have it as `req`: ' +
      'GraphQLModule.forRoot({ context: ({ req }) => ({ req }) }).',
  );

  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(HandshakeSessions) private readonly handshakes: HandshakeSessions,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  enter(
    context: ExecutionContext,
    policy: RoutePolicy,
    readers: readonly SessionReader[] = this.options.sessions,
  ): true | Promise<true> {
    const origin = originOf(context);
    if (origin.kind === 'unknown') return this.#warning.pass();
    const found = this.#sessionsOf(origin, readers);
    const socket = origin.kind === 'socket' ? origin.socket : undefined;
    return found instanceof Promise
      ? found.then((sessions) => this.#decide(sessions, policy, socket))
      : this.#decide(found, policy, socket);
  }

  #sessionsOf(
    origin: Exclude<GraphqlOrigin, { kind: 'unknown' }>,
    readers: readonly SessionReader[],
  ): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
    if (origin.kind === 'request') return readSessions(readers, origin.request);
    const isLate = readers !== this.options.sessions;
    return isLate
      ? readSessions(readers, origin.handshake())
      : this.handshakes.of(origin.connection, origin.handshake);
  }

  #decide(sessions: readonly SessionFacts[], policy: RoutePolicy, socket: object | undefined): true {
    const verdict = this.judge.judge(sessions, policy.stalenessLimitMs);
    if (verdict === 'logout-state-unknown') throw new LogoutStateUnknownException();
    if (verdict !== undefined) throw new LoggedOutException(verdict, HttpStatus.UNAUTHORIZED);
    if (socket !== undefined) this.streams.watch(socket, sessions);
    return true;
  }
}
