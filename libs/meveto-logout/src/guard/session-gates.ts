import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { SessionReader } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { GraphqlGate } from './graphql-gate.js';
import { resolverArgumentsOf } from './graphql-request.js';
import { HttpGate } from './http-gate.js';
import { RoutePolicies } from './route-policies.js';
import { RpcGate } from './rpc-gate.js';
import { WsGate } from './ws-gate.js';

/** Chooses the gate by the way that a request has come. */
@Injectable()
export class SessionGates {
  /** Readers of what a guard of the application may put on the request later. */
  readonly #lateReaders: readonly SessionReader[];
  /** Requests that the guard has seen, if there are such readers. */
  readonly #seen = new WeakSet<object>();

  constructor(
    @Inject(RoutePolicies) private readonly policies: RoutePolicies,
    @Inject(HttpGate) private readonly http: HttpGate,
    @Inject(GraphqlGate) private readonly graphql: GraphqlGate,
    @Inject(WsGate) private readonly ws: WsGate,
    @Inject(RpcGate) private readonly rpc: RpcGate,
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
  ) {
    this.#lateReaders = options.sessions.filter((reader) => reader.isLate === true);
  }

  get hasLateReaders(): boolean {
    return this.#lateReaders.length > 0;
  }

  enter(context: ExecutionContext): true | Promise<true> {
    const policy = this.policies.of(context);
    if (policy.skip) return true;
    if (this.hasLateReaders) this.#seen.add(requestKeyOf(context));
    switch (context.getType<string>()) {
      case 'http':
        return this.http.enter(context, policy);
      case 'graphql':
        return this.graphql.enter(context, policy);
      case 'ws':
        return this.ws.enter(context, policy);
      case 'rpc':
        return this.rpc.enter(context, policy);
      default:
        return true;
    }
  }

  /** Once every guard has run, and where the logout guard was one of them: what has come onto the request since. */
  enterAgain(context: ExecutionContext): true | Promise<true> {
    const type = context.getType<string>();
    if ((type !== 'http' && type !== 'graphql') || !this.#seen.has(requestKeyOf(context))) return true;
    const policy = this.policies.of(context);
    if (policy.skip) return true;
    const gate = type === 'http' ? this.http : this.graphql;
    return gate.enter(context, policy, this.#lateReaders);
  }
}

/** What is the same object for a handler's guards and its interceptors, and for no other handler. */
function requestKeyOf(context: ExecutionContext): object {
  const isGraphql = context.getType<string>() === 'graphql';
  const key = isGraphql ? resolverArgumentsOf(context).info : context.getArgs<unknown[]>()[0];
  return typeof key === 'object' && key !== null ? key : context;
}
