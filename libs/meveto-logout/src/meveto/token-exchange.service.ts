import { Inject, Injectable } from '@nestjs/common';
import { MevetoHttp } from './meveto-http.js';
import type { UserToken } from '../store/index.js';
import { type ExchangeOutcome, TokenExchange } from '../inbox/index.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';

const MAX_ANSWER_BYTES = 65_536;
const RETRIEVED = 'Token_User_Retrieved';
const INVALID = 'Invalid_User_Token';
const MAX_ID_CHARS = 191;

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

/**
 * Converts Meveto's answer to an outcome. Errors also arrive with HTTP 200, so only `status` in the body decides. An answer
 * that neither names a person nor rejects the token leads to a retry. The Meveto ID stays a string.
 * @see docs/protocol.md#user-endpoint
 */
export function exchangeOutcomeOf(httpStatus: number, body: string): ExchangeOutcome {
  if (httpStatus !== 200) return retry(`http-${String(httpStatus)}`);
  const answer = objectIn(body);
  if (answer === undefined) return retry('not-json');
  if (answer['status'] === RETRIEVED) {
    const mevetoId = mevetoIdIn(answer['payload']);
    return mevetoId === undefined ? retry('no-user-in-answer') : { kind: 'person', mevetoId };
  }
  if (answer['status'] === INVALID) return { kind: 'invalid' };
  return retry(answer['error'] === undefined ? 'unknown-answer' : 'error-answer');
}

const retry = (reason: string): ExchangeOutcome => ({ kind: 'retry', reason, maybeSent: true });

function mevetoIdIn(payload: unknown): string | undefined {
  const user: unknown = isObject(payload) ? payload['user'] : undefined;
  const id = typeof user === 'number' && Number.isSafeInteger(user) ? String(user) : user;
  return typeof id === 'string' && id.length > 0 && id.length <= MAX_ID_CHARS ? id : undefined;
}

function objectIn(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
