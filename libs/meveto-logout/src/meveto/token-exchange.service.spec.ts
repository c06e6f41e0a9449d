import { beforeEach, describe, expect, it } from '@jest/globals';
import type { MevetoAnswer, MevetoHttp, MevetoRequest } from './meveto-http.js';
import { UserToken } from '../store/job.js';
import { exchangeOutcomeOf, TokenExchangeService } from './token-exchange.service.js';
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

const outcomeOf = (answer: unknown, httpStatus = 200) =>
  exchangeOutcomeOf(httpStatus, JSON.stringify(answer));
const retrieved = (user: unknown) => ({ status: 'Token_User_Retrieved', payload: { user } });
const retry = (reason: string) => ({ kind: 'retry', reason, maybeSent: true });

describe('exchangeOutcomeOf', () => {
  it('returns the person of the answer', () => {
    expect(outcomeOf(retrieved('901234567890'))).toEqual({ kind: 'person', mevetoId: '901234567890' });
    expect(outcomeOf({ ...retrieved('7'), error: null, error_description: null, more: [] })).toEqual({
      kind: 'person',
      mevetoId: '7',
    });
  });

  it('returns a numeric Meveto ID as a string', () => {
    expect(outcomeOf(retrieved(42))).toEqual({ kind: 'person', mevetoId: '42' });
    expect(outcomeOf(retrieved('007'))).toEqual({ kind: 'person', mevetoId: '007' });
  });

  it('accepts a Meveto ID of up to 191 characters, and retries for longer or other values', () => {
    expect(outcomeOf(retrieved('7'.repeat(191)))).toEqual({ kind: 'person', mevetoId: '7'.repeat(191) });
    for (const user of ['7'.repeat(192), '', 1.5, 2 ** 53, true, null, {}])
      expect(outcomeOf(retrieved(user))).toEqual(retry('no-user-in-answer'));
  });

  it('retries when the answer is not JSON', () => {
    expect(exchangeOutcomeOf(200, '<html>')).toEqual(retry('not-json'));
  });

  it('returns an invalid token from an answer with HTTP 200', () => {
    expect(outcomeOf({ status: 'Invalid_User_Token' })).toEqual({ kind: 'invalid' });
    expect(outcomeOf({ status: 'Invalid_User_Token', message: 'The token is used up.' })).toEqual({
      kind: 'invalid',
    });
  });

  it('retries when the answer is an error with HTTP 200', () => {
    const answer = { error: 'server_error', error_description: 'Try later.' };
    expect(outcomeOf(answer)).toEqual(retry('error-answer'));
  });

  it.each([201, 204, 302, 400, 401, 403, 404, 429, 500, 502, 503])(
    'retries with HTTP %d and any body',
    (status) => {
      expect(outcomeOf({ status: 'Invalid_User_Token' }, status)).toEqual(retry(`http-${String(status)}`));
      expect(outcomeOf(retrieved('7'), status)).toEqual(retry(`http-${String(status)}`));
    },
  );

  it.each(['', '<html>Bad Gateway</html>', '{"status":', 'null', '[]', '"Invalid_User_Token"', '7'])(
    'retries when the answer is not an object: %s',
    (body) => {
      expect(exchangeOutcomeOf(200, body)).toEqual(retry('not-json'));
    },
  );

  it.each([{}, { status: 'Something_New' }, { status: ['Invalid_User_Token'] }, { payload: { user: '7' } }])(
    'retries when the answer is unknown: %j',
    (answer) => {
      expect(outcomeOf(answer)).toEqual(retry('unknown-answer'));
    },
  );

  it.each([undefined, null, '', {}, ['7'], true, 1.5, 2 ** 53, 'x'.repeat(192)])(
    'retries when the answer contains no Meveto ID: %j',
    (user) => {
      expect(outcomeOf(retrieved(user))).toEqual(retry('no-user-in-answer'));
    },
  );

  it.each([undefined, null, 'user', ['user']])('retries with the payload %j', (payload) => {
    expect(outcomeOf({ status: 'Token_User_Retrieved', payload })).toEqual(retry('no-user-in-answer'));
  });
});
