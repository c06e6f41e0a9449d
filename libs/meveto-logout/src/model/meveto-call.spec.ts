import { describe, expect, it } from '@jest/globals';
import { parseMevetoCall } from './meveto-call.js';

const NO_OBJECT = 'The body must be an object with "type" and "user_token".';
const NO_TYPE = '"type" must be a non-empty string.';
const NO_TOKEN = '"user_token" must be a string of 1 to 2048 printable ASCII characters without spaces.';

const call = (user_token: unknown, type: unknown = 'User_Logged_Out') => ({ type, user_token });

describe('parseMevetoCall', () => {
  it.each(['User_Logged_Out', 'Meveto_Protection_Removed'])('understands %s', (type) => {
    const parsed = parseMevetoCall({ ...call('token', type), more: { of: 'it' } });
    expect(parsed).toMatchObject({ kind: 'call', type });
    expect(parsed.kind === 'call' && parsed.token.reveal()).toBe('token');
  });

  it.each(['!', 'x'.repeat(2_048), '~-._+/=', '{"a":1}'])('takes the token %s', (user_token) => {
    const parsed = parseMevetoCall(call(user_token));
    expect(parsed.kind === 'call' && parsed.token.reveal()).toBe(user_token);
  });

  it('reads forms, whose fields have no prototype', () => {
    const form = Object.assign(Object.create(null) as object, call('token'));
    expect(parseMevetoCall(form).kind).toBe('call');
  });

  it.each([undefined, null, true, 7, 'type=User_Logged_Out', [], [call('token')]])('refuses %j', (body) => {
    expect(parseMevetoCall(body)).toEqual({ kind: 'invalid', message: NO_OBJECT });
  });

  it.each([undefined, null, '', 7, ['User_Logged_Out'], { toString: 'User_Logged_Out' }, 'x'.repeat(129)])(
    'refuses the type %j',
    (type) => {
      expect(parseMevetoCall({ user_token: 'token', type })).toEqual({ kind: 'invalid', message: NO_TYPE });
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
    expect(parseMevetoCall({ type: 'User_Logged_Out', user_token })).toEqual({
      kind: 'invalid',
      message: NO_TOKEN,
    });
  });

  it('counts only properties of the body itself', () => {
    const inherited = Object.create(call('token')) as object;
    const polluted = JSON.parse('{"__proto__":{"type":"User_Logged_Out","user_token":"token"}}') as unknown;
    expect(parseMevetoCall(inherited)).toEqual({ kind: 'invalid', message: NO_TYPE });
    expect(parseMevetoCall(polluted)).toEqual({ kind: 'invalid', message: NO_TYPE });
    expect(
      parseMevetoCall(
        Object.assign(Object.create({ user_token: 'x' }) as object, { type: 'User_Logged_Out' }),
      ),
    ).toEqual({
      kind: 'invalid',
      message: NO_TOKEN,
    });
  });

  it.each(['User_Logged_In', 'user_logged_out', 'User_Logged_Out ', 'toString', '__proto__'])(
    'does not know the type %s, whatever comes with it',
    (type) => {
      expect(parseMevetoCall({ type })).toEqual({ kind: 'unknown-type' });
      expect(parseMevetoCall(call('token', type))).toEqual({ kind: 'unknown-type' });
    },
  );

  it('never quotes the body', () => {
    const refused = parseMevetoCall(call('secret token'));
    expect(JSON.stringify(refused)).not.toContain('secret');
  });
});
