import { Inject, Injectable } from '@nestjs/common';
import { MevetoHttp } from '../meveto-api/meveto-http.js';
import type { UserToken } from '../model/user-token.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { exchangeOutcomeOf } from './exchange-response.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';

const MAX_ANSWER_BYTES = 65_536;

/**
 * Asks Meveto's user endpoint whose token this is.
 * @see docs/protocol.md#user-endpoint
 */
@Injectable()
export class HttpTokenExchange extends TokenExchange {
  constructor(
    @Inject(MevetoHttp) private readonly meveto: MevetoHttp,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    super();
  }

  override async exchange(token: UserToken, signal: AbortSignal): Promise<ExchangeOutcome> {
    const { path, timeoutMs } = this.options.exchange;
    const answer = await this.meveto.get({
      path,
      query: { token: token.reveal() },
      timeoutMs,
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
