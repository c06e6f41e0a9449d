import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import {
  type ResolvedSessions,
  type SessionReader,
  type SessionRequest,
  SESSIONS_OPTIONS,
  ReaderAudit,
} from '../sessions/index.js';
import { GraphqlSessionCheck } from './graphql-session-check.js';
import { originOf, resolverArgumentsOf } from './graphql-request.js';
import { HttpSessionCheck } from './http-session-check.js';
import { RoutePolicies } from './route-policies.js';
import { RpcSessionCheck } from './rpc-session-check.js';
import { WsSessionCheck } from './ws-session-check.js';

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
