import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Observable } from 'rxjs';
import {
  ReaderAudit,
  type ResolvedSessions,
  type SessionReader,
  type SessionRequest,
  SESSIONS_OPTIONS,
} from '../sessions/index.js';
import { brand } from '../core/index.js';
import { originOf, resolverArgumentsOf } from './graphql-request.js';
import { GraphqlSessionCheck } from './graphql-session-check.js';
import { HttpSessionCheck } from './http-session-check.js';
import { RpcSessionCheck, WsSessionCheck } from './message-checks.js';
import { RoutePolicies } from './route-policies.js';

/** Injection token of the `SessionCheckDispatcher`. A guard of the other build injects it, too. */
export const SESSION_CHECKS = Symbol.for('nestjs-meveto-logout:session-checks');

/** Chooses the session check by the kind of execution context. */
@Injectable()
export class SessionCheckDispatcher {
  /** Readers of `request.user`, which a guard of the application may set after this guard has run. */
  readonly #lateReaders: readonly SessionReader[];
  /** Requests that this guard has checked. Empty if there are no late readers. */
  readonly #seen = new WeakSet<object>();

  constructor(
    @Inject(RoutePolicies) private readonly policies: RoutePolicies,
    @Inject(HttpSessionCheck) private readonly http: HttpSessionCheck,
    @Inject(GraphqlSessionCheck) private readonly graphql: GraphqlSessionCheck,
    @Inject(WsSessionCheck) private readonly ws: WsSessionCheck,
    @Inject(RpcSessionCheck) private readonly rpc: RpcSessionCheck,
    @Inject(ReaderAudit) private readonly audit: ReaderAudit,
    @Inject(SESSIONS_OPTIONS) options: ResolvedSessions,
  ) {
    this.#lateReaders = options.sessions.filter((reader) => reader.isLate === true);
  }

  get hasLateReaders(): boolean {
    return this.#lateReaders.length > 0;
  }

  check(context: ExecutionContext): true | Promise<true> {
    const policy = this.policies.of(context);
    if (policy.skip) return true;
    this.audit.guarded(() => requestOf(context));
    if (this.hasLateReaders) this.#seen.add(requestKeyOf(context));
    switch (context.getType<string>()) {
      case 'http':
        return this.http.check(context, policy);
      case 'graphql':
        return this.graphql.check(context, policy);
      case 'ws':
        return this.ws.check(context, policy);
      case 'rpc':
        return this.rpc.check(context, policy);
      default:
        return true;
    }
  }

  /** Checks the late readers after all guards have run, for requests that this guard has already checked. */
  checkAgain(context: ExecutionContext): true | Promise<true> {
    const type = context.getType<string>();
    if ((type !== 'http' && type !== 'graphql') || !this.#seen.has(requestKeyOf(context))) return true;
    const policy = this.policies.of(context);
    if (policy.skip) return true;
    const check = type === 'http' ? this.http : this.graphql;
    return check.check(context, policy, this.#lateReaders);
  }
}

/** An object that the guards and interceptors of one handler share, and that no other handler has. */
function requestKeyOf(context: ExecutionContext): object {
  const isGraphql = context.getType<string>() === 'graphql';
  const key = isGraphql ? resolverArgumentsOf(context).info : context.getArgs<unknown[]>()[0];
  return typeof key === 'object' && key !== null ? key : context;
}

/** The HTTP request of the context; undefined for messages and for GraphQL over a WebSocket. */
function requestOf(context: ExecutionContext): SessionRequest | undefined {
  const type = context.getType<string>();
  if (type === 'http') return context.switchToHttp().getRequest<SessionRequest>();
  if (type !== 'graphql') return undefined;
  const origin = originOf(context);
  return origin.kind === 'request' ? origin.request : undefined;
}

/**
 * Refuses every session and access token that began at or before its user's last logout. The guard decides from memory.
 * Requests without a session pass: the application's own guard decides about them.
 *
 * Global by default; with `globalGuard: false` use `@UseGuards(MevetoLogoutGuard)`. The guard covers HTTP handlers, GraphQL
 * resolvers, messages to gateways and messages to microservices.
 * @throws {LoggedOutException} over HTTP: 401 with JSON, or 303 to `whenLoggedOut.redirectTo` if a browser asks for a page.
 * In GraphQL: an error with the code UNAUTHENTICATED.
 * @throws {LogoutStateUnknownException} 503 when the logout state is older than `logoutState.maxStalenessMs`.
 * @throws {WsException} for a message to a gateway, and an RpcException for one to a microservice: `{ status: 'error',
 * statusCode, reason, message }`.
 */
@Injectable()
export class MevetoLogoutGuard implements CanActivate {
  static {
    brand(this, 'MevetoLogoutGuard');
  }

  constructor(@Inject(SESSION_CHECKS) private readonly dispatcher: SessionCheckDispatcher) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.dispatcher.check(context);
  }
}

/**
 * Reads `request.user` again after all guards have run. A global guard runs before the guards of a controller, which may
 * set `request.user`.
 *
 * It registers itself as the first global interceptor, so that no interceptor of the application answers before it (e.g.
 * from a cache). It does so only if there are such readers, since an interceptor slows down every request.
 */
@Injectable()
export class LateSessionInterceptor implements NestInterceptor {
  constructor(
    @Inject(SESSION_CHECKS) private readonly dispatcher: SessionCheckDispatcher,
    @Inject(ApplicationConfig) application: ApplicationConfig,
  ) {
    if (dispatcher.hasLateReaders) application.addGlobalInterceptor(this);
  }

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const checked = this.dispatcher.checkAgain(context);
    return checked === true ? next.handle() : checked.then(() => next.handle());
  }
}
