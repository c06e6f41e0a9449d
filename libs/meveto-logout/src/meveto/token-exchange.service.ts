import { Inject, Injectable } from '@nestjs/common';
import { MevetoHttp } from './meveto-http.js';
import type { UserToken } from '../store/index.js';
import { exchangeOutcomeOf } from './exchange-response.js';
import { type ExchangeOutcome, TokenExchange } from '../inbox/index.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';

const MAX_ANSWER_BYTES = 65_536;

/**
 * Exchanges a token for a Meveto ID at Meveto's user endpoint.
 * @see docs/protocol.md#user-endpoint
 */
@Injectable()
export class TokenExchangeService extends TokenExchange {
  override readonly deadlineMs: number;

  constructor(
    @Inject(MevetoHttp) private readonly meveto: MevetoHttp,
    @Inject(MEVETO_OPTIONS) private readonly options: ResolvedMeveto,
  ) {
    super();
    this.deadlineMs = options.exchange.timeoutMs;
  }

  override async exchange(token: UserToken, signal: AbortSignal): Promise<ExchangeOutcome> {
    const answer = await this.meveto.get({
      path: this.options.exchange.path,
      query: { token: token.reveal() },
      timeoutMs: this.deadlineMs,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
    });
    if (answer.kind === 'failure')
      return { kind: 'retry', reason: answer.reason, maybeSent: answer.maybeSent };
    const outcome = exchangeOutcomeOf(answer.status, answer.body);
    if (outcome.kind !== 'retry' || answer.retryAfterMs === undefined) return outcome;
    return { ...outcome, retryAfterMs: answer.retryAfterMs };
  }
}
