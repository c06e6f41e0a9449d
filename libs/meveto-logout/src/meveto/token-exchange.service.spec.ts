import { beforeEach, describe, expect, it } from '@jest/globals';
import type { MevetoAnswer, MevetoHttp, MevetoRequest } from './meveto-http.js';
import { UserToken } from '../store/user-token.js';
import { TokenExchangeService } from './token-exchange.service.js';
import type { ResolvedMeveto } from './resolve-meveto.js';

const TOKEN = 'one-time-token-0123456789';
const { signal } = new AbortController();

describe('TokenExchangeService', () => {
  let asked: MevetoRequest[];
  let answer: MevetoAnswer;
  beforeEach(() => {
    asked = [];
  });
  const exchange = () => {
    const http = {
      get: (request: MevetoRequest) => {
        asked.push(request);
        return Promise.resolve(answer);
      },
    } as unknown as MevetoHttp;
    const options = { exchange: { path: '/who', timeoutMs: 4_000 } } as ResolvedMeveto;
    return new TokenExchangeService(http, options).exchange(new UserToken(TOKEN), signal);
  };
  const answered = (status: number, body: object, retryAfterMs?: number): MevetoAnswer => ({
    kind: 'answer',
    status,
    body: JSON.stringify(body),
    retryAfterMs,
  });

  it('requests the person of a token, with a deadline and a bound for the answer', async () => {
    answer = answered(200, { status: 'Token_User_Retrieved', payload: { user: 'm-1' } });
    expect(await exchange()).toEqual({ kind: 'person', mevetoId: 'm-1' });
    expect(asked).toEqual([
      { path: '/who', query: { token: TOKEN }, timeoutMs: 4_000, maxBytes: 65_536, signal },
    ]);
  });

  it.each([true, false])(
    'reports with a failure whether the token may have been sent: %p',
    async (maybeSent) => {
      answer = { kind: 'failure', reason: 'ECONNRESET', maybeSent };
      expect(await exchange()).toEqual({ kind: 'retry', reason: 'ECONNRESET', maybeSent });
    },
  );

  it('returns the pause that Meveto asks for, only with a retry', async () => {
    answer = answered(503, {}, 7_000);
    expect(await exchange()).toEqual({
      kind: 'retry',
      reason: 'http-503',
      maybeSent: true,
      retryAfterMs: 7_000,
    });
    answer = answered(503, {});
    expect(await exchange()).toEqual({ kind: 'retry', reason: 'http-503', maybeSent: true });
    answer = answered(200, { status: 'Invalid_User_Token' }, 7_000);
    expect(await exchange()).toEqual({ kind: 'invalid' });
  });
});
