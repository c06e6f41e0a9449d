import { describe, expect, it } from '@jest/globals';
import { exchangeOutcomeOf } from './exchange-response.js';

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
