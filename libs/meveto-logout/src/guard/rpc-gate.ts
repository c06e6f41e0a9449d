import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { OneWarning } from '../observe/one-warning.js';
import { messageRefusal } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionJudge, type Verdict } from './session-judge.js';

/** Lets messages to microservice handlers in or refuses them, where the application tells whose they are. */
@Injectable()
export class RpcGate {
  readonly #warning = new OneWarning(
    'A message to a microservice handler passed unchecked: only the application knows whose it is. Tell it with the option ' +
      'sessionOfMessage.rpc, or mark such handlers with @SkipMevetoLogout().',
  );

  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  enter(context: ExecutionContext, policy: RoutePolicy): true | Promise<true> {
    const ask = this.options.sessionOfMessage.rpc;
    if (ask === undefined) return this.#warning.pass();
    const rpc = context.switchToRpc();
    return this.#decide(ask(rpc.getData(), rpc.getContext()), policy);
  }

  async #decide(
    found: SessionFacts | undefined | Promise<SessionFacts | undefined>,
    policy: RoutePolicy,
  ): Promise<true> {
    const session = await found;
    const verdict = this.judge.judge(session === undefined ? [] : [session], policy.stalenessLimitMs);
    if (verdict === undefined) return true;
    throw await rpcException(verdict);
  }
}

/** A host without @nestjs/microservices never comes here. */
async function rpcException(verdict: NonNullable<Verdict>): Promise<Error> {
  const { RpcException } = await import('@nestjs/microservices');
  return new RpcException(messageRefusal(verdict));
}
