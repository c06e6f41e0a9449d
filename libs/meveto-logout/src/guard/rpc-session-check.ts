import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import {
  type ResolvedSessions,
  type SessionFacts,
  SessionValidator,
  SESSIONS_OPTIONS,
  usableFacts,
  type SessionRefusal,
} from '../sessions/index.js';
import { OneWarning } from '../core/index.js';
import { messageRefusal } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';

/** Checks the sessions of messages to microservice handlers, which the option `sessionOfMessage.rpc` provides. */
@Injectable()
export class RpcSessionCheck {
  readonly #warning = new OneWarning(
    'A message to a microservice handler passed unchecked: only the application knows its session. Return the session from the ' +
      'option sessionOfMessage.rpc, or put @SkipMevetoLogout() on such handlers.',
  );

  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
  ) {}

  check(context: ExecutionContext, policy: RoutePolicy): true | Promise<true> {
    const ask = this.options.sessionOfMessage.rpc;
    if (ask === undefined) return this.#warning.pass();
    const rpc = context.switchToRpc();
    return this.#decide(ask(rpc.getData(), rpc.getContext()), ask, policy);
  }

  async #decide(
    found: SessionFacts | undefined | Promise<SessionFacts | undefined>,
    ask: object,
    policy: RoutePolicy,
  ): Promise<true> {
    const session = usableFacts(await found, ask, 'sessionOfMessage.rpc');
    const refusal = this.validator.validate(session === undefined ? [] : [session], policy.stalenessLimitMs);
    if (refusal === undefined) return true;
    throw await rpcException(refusal);
  }
}

/** Imported on demand: an application without @nestjs/microservices never calls this function. */
async function rpcException(refusal: SessionRefusal): Promise<Error> {
  const { RpcException } = await import('@nestjs/microservices');
  return new RpcException(messageRefusal(refusal));
}
