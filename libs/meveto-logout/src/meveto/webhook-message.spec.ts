import { describe, expect, it } from '@jest/globals';
import { parseWebhookMessage } from './webhook-message.js';

const NO_OBJECT = 'The body must be an object with "type" and "user_token".';
const NO_TYPE = '"type" must be a non-empty string.';
const NO_TOKEN = '"user_token" must be a string of 1 to 2048 printable ASCII characters without spaces.';

const webhook = (user_token: unknown, type: unknown = 'User_Logged_Out') => ({ type, user_token });

describe('parseWebhookMessage', () => {
  it.each([
    ['User_Logged_Out', 'logout'],
    ['Meveto_Protection_Removed', 'unlink'],
  ])('accepts the type %s as a job of the kind %s', (type, jobKind) => {
    const parsed = parseWebhookMessage({ ...webhook('token', type), more: { of: 'it' } });
    expect(parsed).toMatchObject({ kind: 'job', jobKind });
    expect(parsed.kind === 'job' && parsed.token.reveal()).toBe('token');
  });

  it.each(['!', 'x'.repeat(2_048), '~-._+/=', '{"a":1}'])('accepts the token %s', (user_token) => {
    const parsed = parseWebhookMessage(webhook(user_token));
    expect(parsed.kind === 'job' && parsed.token.reveal()).toBe(user_token);
  });

  it('reads a parsed form, which has no prototype', () => {
    const form = Object.assign(Object.create(null) as object, webhook('token'));
    expect(parseWebhookMessage(form).kind).toBe('job');
  });

  it.each([undefined, null, true, 7, 'type=User_Logged_Out', [], [webhook('token')]])(
    'refuses %j',
    (body) => {
      expect(parseWebhookMessage(body)).toEqual({ kind: 'invalid', message: NO_OBJECT });
    },
  );

  it.each([undefined, null, '', 7, ['User_Logged_Out'], { toString: 'User_Logged_Out' }, 'x'.repeat(129)])(
    'refuses the type %j',
    (type) => {
      expect(parseWebhookMessage({ user_token: 'token', type })).toEqual({
        kind: 'invalid',
        message: NO_TYPE,
      });
    },
  );

  it.each([
    undefined,
    null,
    '',
    7,
    ['token'],
    ['a', 'b'],
    { token: 'token' },
    'x'.repeat(2_049),
    'with space',
    ' leading',
    'trailing\n',
    'tab\t',
    'nul\u0000',
    'del\u007f',
    'ünicode',
    '😀',
  ])('refuses the token %j', (user_token) => {
    expect(parseWebhookMessage({ type: 'User_Logged_Out', user_token })).toEqual({
      kind: 'invalid',
      message: NO_TOKEN,
    });
  });

  it('ignores inherited properties', () => {
    const inherited = Object.create(webhook('token')) as object;
    const polluted = JSON.parse('{"__proto__":{"type":"User_Logged_Out","user_token":"token"}}') as unknown;
    expect(parseWebhookMessage(inherited)).toEqual({ kind: 'invalid', message: NO_TYPE });
    expect(parseWebhookMessage(polluted)).toEqual({ kind: 'invalid', message: NO_TYPE });
    expect(
      parseWebhookMessage(
        Object.assign(Object.create({ user_token: 'x' }) as object, { type: 'User_Logged_Out' }),
      ),
    ).toEqual({
      kind: 'invalid',
      message: NO_TOKEN,
    });
  });

  it.each(['User_Logged_In', 'user_logged_out', 'User_Logged_Out ', 'logout', 'toString', '__proto__'])(
    'reports the type %s as unknown, with or without a token',
    (type) => {
      expect(parseWebhookMessage({ type })).toEqual({ kind: 'unknown-type' });
      expect(parseWebhookMessage(webhook('token', type))).toEqual({ kind: 'unknown-type' });
    },
  );

  it('never quotes the body in a message', () => {
    const refused = parseWebhookMessage(webhook('secret token'));
    expect(JSON.stringify(refused)).not.toContain('secret');
  });
});
