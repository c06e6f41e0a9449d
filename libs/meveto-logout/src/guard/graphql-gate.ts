import { type ExecutionContext, HttpStatus, Inject, Injectable } from '@nestjs/common';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { HandshakeSessions } from '../session/handshake-sessions.js';
import { readSessions } from '../session/read-sessions.js';
import type { SessionReader } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { type GraphqlOrigin, isSubscription, mutationOf, originOf } from './graphql-request.js';
import { OneWarning } from '../observe/one-warning.js';
import { endSoon, OpenStreams } from './open-streams.js';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionJudge } from './session-judge.js';

const LOOKS_LIKE_LOGIN = /^(log|sign)_?in|^authenticate/i;

type KnownOrigin = Exclude<GraphqlOrigin, { kind: 'unknown' }>;

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
  readonly #loginWarning = new OneWarning(
    'A GraphQL mutation whose name is a login’s was refused, since the session that it came with is over: nobody can log in ' +
      'by it with an old cookie. If it is a login, put @SkipMevetoLogout() on it.',
  );
  readonly #streamWarning = new OneWarning(
    'A GraphQL subscription over HTTP will not be cut off by a logout, since its context has no response. Let the context have ' +
      'it as `res` beside `req`: GraphQLModule.forRoot({ context: ({ req, res }) => ({ req, res }) }).',
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
    const decide = (sessions: readonly SessionFacts[]): true => {
      this.#decide(sessions, policy, origin, context);
      this.#watch(origin, sessions, context);
      return true;
    };
    return found instanceof Promise ? found.then(decide) : decide(found);
  }

  #sessionsOf(
    origin: KnownOrigin,
    readers: readonly SessionReader[],
  ): readonly SessionFacts[] | Promise<readonly SessionFacts[]> {
    if (origin.kind === 'request') return readSessions(readers, origin.request);
    const isLate = readers !== this.options.sessions;
    return isLate
      ? readSessions(readers, origin.handshake())
      : this.handshakes.of(origin.connection, origin.handshake);
  }

  #decide(
    sessions: readonly SessionFacts[],
    policy: RoutePolicy,
    origin: KnownOrigin,
    context: ExecutionContext,
  ): void {
    const verdict = this.judge.judge(sessions, policy.stalenessLimitMs);
    if (verdict === undefined) return;
    if (verdict === 'logout-state-unknown') throw new LogoutStateUnknownException();
    if (LOOKS_LIKE_LOGIN.test(mutationOf(context) ?? '')) this.#loginWarning.pass();
    // Its client would keep it open, and come with more.
    if (origin.kind === 'socket') endSoon(origin.socket);
    throw new LoggedOutException(verdict, HttpStatus.UNAUTHORIZED);
  }

  /** Of a socket everything that comes over it goes by the same sessions; of HTTP a subscription is what goes on. */
  #watch(origin: KnownOrigin, sessions: readonly SessionFacts[], context: ExecutionContext): void {
    if (sessions.length === 0) return;
    if (origin.kind === 'socket') this.streams.watch(origin.socket, sessions);
    else if (isSubscription(context)) {
      if (origin.response === undefined) this.#streamWarning.pass();
      else this.streams.watch(origin.response, sessions);
    }
  }
}
